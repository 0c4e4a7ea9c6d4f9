//! What waits to be sent on one connection, bounded in bytes.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use effigy_proto::Frame;

use crate::limits::PATIENT_BYTES;
use crate::socket::Reason;

/// What a frame costs beside its bytes.
const OVERHEAD: usize = 64;
/// From how much memory on an empty queue is given back.
const KEPT: usize = 8;

/// The queue between a node and the task of a connection.
#[derive(Debug)]
pub(crate) struct Outbox {
    limit: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Bytes that wait, and those that are being written.
    bytes: usize,
    end: Option<Reason>,
    frames: VecDeque<Frame>,
    /// The other side is to be asked whether it is there.
    ping: bool,
}

/// What the writer has to do next.
pub(crate) enum Next {
    /// Close; everything was sent.
    Close(Reason),
    /// Send this.
    Frame(Frame),
    /// Nothing now.
    Nothing,
    /// Ask whether the other side is there.
    Ping,
}

/// More waits than may.
#[derive(Debug)]
pub(crate) struct Overflow;

impl Outbox {
    /// An empty queue that takes so many bytes.
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, state: Mutex::default() }
    }

    /// Puts a frame in. When that is too much, nothing of what waits is sent any more.
    pub(crate) fn push(&self, frame: Frame) -> Result<(), Overflow> {
        let mut state = self.state();
        if state.end.is_some() {
            return Ok(());
        }
        let bytes = state.bytes.saturating_add(cost(&frame));
        if bytes > self.limit {
            state.end = Some(Reason::Slow);
            state.frames.clear();
            return Err(Overflow);
        }
        state.bytes = bytes;
        state.frames.push_back(frame);
        Ok(())
    }

    /// Asks the other side whether it is there.
    pub(crate) fn ping(&self) {
        self.state().ping = true;
    }

    /// Ends the connection when everything that waits was sent. The first reason counts.
    pub(crate) fn end(&self, reason: Reason) {
        self.state().end.get_or_insert(reason);
    }

    /// What is to be done next.
    pub(crate) fn next(&self) -> Next {
        let mut state = self.state();
        if let Some(frame) = state.frames.pop_front() {
            if state.frames.is_empty() && state.frames.capacity() > KEPT {
                state.frames = VecDeque::new();
            }
            return Next::Frame(frame);
        }
        if let Some(reason) = state.end {
            return Next::Close(reason);
        }
        if std::mem::take(&mut state.ping) { Next::Ping } else { Next::Nothing }
    }

    /// Frames of this cost have left.
    pub(crate) fn sent(&self, cost: usize) {
        let mut state = self.state();
        state.bytes = state.bytes.saturating_sub(cost);
    }

    /// Whether little waits to be sent.
    pub(crate) fn is_low(&self) -> bool {
        self.state().bytes < PATIENT_BYTES
    }

    /// Why the connection ends, if it does.
    pub(crate) fn ended(&self) -> Option<Reason> {
        self.state().end
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a frame counts for.
pub(crate) const fn cost(frame: &Frame) -> usize {
    frame.len().saturating_add(OVERHEAD)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: usize) -> Frame {
        Frame::Text("a".repeat(bytes))
    }

    #[test]
    fn what_was_said_before_the_end_is_sent_before_it() {
        let outbox = Outbox::new(1_000);
        outbox.push(text(1)).unwrap();
        outbox.ping();
        outbox.end(Reason::Rules);
        outbox.end(Reason::Away);
        outbox.push(text(2)).unwrap();
        assert!(matches!(outbox.next(), Next::Frame(frame) if frame == text(1)));
        assert!(matches!(outbox.next(), Next::Close(Reason::Rules)));
        assert_eq!(outbox.ended(), Some(Reason::Rules));
    }

    #[test]
    fn too_much_ends_at_once_and_counts_what_is_being_written() {
        let outbox = Outbox::new(1_000);
        outbox.push(text(400)).unwrap();
        outbox.push(text(400)).unwrap();
        let Next::Frame(first) = outbox.next() else { panic!("nothing to send") };
        assert!(outbox.push(text(400)).is_err());
        assert!(matches!(outbox.next(), Next::Close(Reason::Slow)));
        outbox.sent(cost(&first));
        assert!(outbox.is_low());
    }

    #[test]
    fn one_is_asked_once_and_then_there_is_nothing() {
        let outbox = Outbox::new(1_000);
        assert!(matches!(outbox.next(), Next::Nothing));
        outbox.ping();
        outbox.ping();
        assert!(matches!(outbox.next(), Next::Ping));
        assert!(matches!(outbox.next(), Next::Nothing));
    }

    #[test]
    fn many_small_frames_are_not_free_and_leave_no_memory_behind() {
        let outbox = Outbox::new(64 * 1024);
        let n_taken = (0..10_000).take_while(|_| outbox.push(text(0)).is_ok()).count();
        assert_eq!(n_taken, 1024);
        let outbox = Outbox::new(64 * 1024);
        (0..1_000).for_each(|_| outbox.push(text(0)).unwrap());
        while matches!(outbox.next(), Next::Frame(_)) {}
        assert!(outbox.state().frames.capacity() <= KEPT);
    }
}
