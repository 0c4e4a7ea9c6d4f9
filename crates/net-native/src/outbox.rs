//! What waits to be sent on one connection, bounded in bytes.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use effigy_proto::Frame;
use tokio::sync::Notify;

use crate::limits::PATIENT_BYTES;
use crate::socket::Reason;

/// What a frame costs beside its bytes.
const OVERHEAD: usize = 64;

/// The queue between a node and the task of a connection. One task writes what is in it.
#[derive(Debug)]
pub(crate) struct Outbox {
    /// Told when there is something to do for the writer.
    changed: Notify,
    /// Told when the connection is to end.
    ended: Notify,
    limit: usize,
    /// Told when there is little left to send.
    low: Notify,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Bytes that wait, and those that are being written.
    bytes: usize,
    end: Option<Reason>,
    frames: VecDeque<Frame>,
}

/// What the writer has to do next.
pub(crate) enum Next {
    /// Send this.
    Frame(Frame),
    /// Close; everything was sent.
    Close(Reason),
}

/// More waits than may.
#[derive(Debug)]
pub(crate) struct Overflow;

impl Outbox {
    /// An empty queue that takes so many bytes.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            changed: Notify::new(),
            ended: Notify::new(),
            limit,
            low: Notify::new(),
            state: Mutex::default(),
        }
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
            drop(state);
            self.tell_end();
            return Err(Overflow);
        }
        state.bytes = bytes;
        state.frames.push_back(frame);
        drop(state);
        self.changed.notify_one();
        Ok(())
    }

    /// Ends the connection when everything that waits was sent. The first reason counts.
    pub(crate) fn end(&self, reason: Reason) {
        self.state().end.get_or_insert(reason);
        self.tell_end();
    }

    /// Waits for something to do.
    pub(crate) async fn next(&self) -> Next {
        loop {
            {
                let mut state = self.state();
                if let Some(frame) = state.frames.pop_front() {
                    return Next::Frame(frame);
                }
                if let Some(reason) = state.end {
                    return Next::Close(reason);
                }
            }
            self.changed.notified().await;
        }
    }

    /// A frame of this cost has left.
    pub(crate) fn sent(&self, cost: usize) {
        let mut state = self.state();
        state.bytes = state.bytes.saturating_sub(cost);
        if state.bytes < PATIENT_BYTES {
            self.low.notify_one();
        }
    }

    /// Waits until little waits to be sent.
    pub(crate) async fn is_low(&self) {
        while self.state().bytes >= PATIENT_BYTES {
            self.low.notified().await;
        }
    }

    /// Waits for the end, and says why it came.
    pub(crate) async fn is_ended(&self) -> Reason {
        loop {
            if let Some(reason) = self.state().end {
                return reason;
            }
            self.ended.notified().await;
        }
    }

    fn tell_end(&self) {
        self.changed.notify_one();
        self.ended.notify_one();
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

    #[tokio::test]
    async fn what_was_said_before_the_end_is_sent_before_it() {
        let outbox = Outbox::new(1_000);
        outbox.push(text(1)).unwrap();
        outbox.end(Reason::Rules);
        outbox.end(Reason::Away);
        outbox.push(text(2)).unwrap();
        assert!(matches!(outbox.next().await, Next::Frame(frame) if frame == text(1)));
        assert!(matches!(outbox.next().await, Next::Close(Reason::Rules)));
        assert_eq!(outbox.is_ended().await, Reason::Rules);
    }

    #[tokio::test]
    async fn too_much_ends_at_once_and_counts_what_is_being_written() {
        let outbox = Outbox::new(1_000);
        outbox.push(text(400)).unwrap();
        outbox.push(text(400)).unwrap();
        let Next::Frame(first) = outbox.next().await else { panic!("nothing to send") };
        assert!(outbox.push(text(400)).is_err());
        assert!(matches!(outbox.next().await, Next::Close(Reason::Slow)));
        outbox.sent(cost(&first));
        outbox.is_low().await;
    }

    #[tokio::test]
    async fn many_small_frames_are_not_free() {
        let outbox = Outbox::new(64 * 1024);
        let n_taken = (0..10_000).take_while(|_| outbox.push(text(0)).is_ok()).count();
        assert_eq!(n_taken, 1024);
    }
}
