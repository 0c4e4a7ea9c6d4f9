//! What the task of a connection shares with the node's thread.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering};
use std::task::Poll;
use std::time::Duration;

use effigy_core::Identity;
use effigy_proto::Link;
use futures_util::task::AtomicWaker;

use crate::gate::Guest;
use crate::outbox::Outbox;
use crate::socket::Reason;
use crate::tally::Tally;

/// Nobody has proved anything on it yet.
const STRANGER: u8 = 0;
/// Its session is open.
const PROVED: u8 = 1;
/// It is gone.
const PARTED: u8 = 2;

/// One connection. Its task and the node's thread each hold it; nothing here waits.
pub(crate) struct Line {
    guest: Option<Box<dyn Guest>>,
    /// When something came last, as the beat of [`Office::beat`](crate::connection::Office::beat).
    pub(crate) heard: AtomicU32,
    stage: AtomicU8,
    pub(crate) link: Link,
    pub(crate) outbox: Outbox,
    /// Messages of this connection are with the node. No more of them are read meanwhile.
    turn: AtomicBool,
    /// Wakes the connection's task.
    pub(crate) waker: AtomicWaker,
}

impl Line {
    pub(crate) fn new(link: Link, unsent_bytes: usize, guest: Option<Box<dyn Guest>>) -> Self {
        Self {
            guest,
            heard: AtomicU32::new(0),
            stage: AtomicU8::new(STRANGER),
            link,
            outbox: Outbox::new(unsent_bytes),
            turn: AtomicBool::new(false),
            waker: AtomicWaker::new(),
        }
    }

    /// The session is open, with somebody of this key.
    pub(crate) fn prove(&self, identity: Identity, tally: &Tally) {
        let proves =
            self.stage.compare_exchange(STRANGER, PROVED, Ordering::Relaxed, Ordering::Relaxed);
        if proves.is_err() {
            return;
        }
        tally.sessions.up();
        tally.sessions_total.add(1);
        if self.guest.as_ref().is_some_and(|guest| !guest.proved(identity)) {
            self.end(Reason::Rules);
        }
    }

    /// A rule was broken on it.
    pub(crate) fn blame(&self) {
        if let Some(guest) = &self.guest {
            guest.misbehaved();
        }
    }

    /// Whether who is there may come with the letters of a code.
    pub(crate) fn may_guess(&self) -> bool {
        self.guest.as_ref().is_none_or(|guest| guest.may_guess())
    }

    /// Ends it when everything that waits was sent.
    pub(crate) fn end(&self, reason: Reason) {
        self.outbox.end(reason);
        self.waker.wake();
    }

    /// Waits for the end, where no task of a connection does.
    pub(crate) async fn is_ended(&self) {
        poll_fn(|context| {
            self.waker.register(context.waker());
            if self.outbox.ended().is_some() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    /// Whether somebody else dialled it.
    pub(crate) const fn is_accepted(&self) -> bool {
        self.guest.is_some()
    }

    pub(crate) fn is_proved(&self) -> bool {
        self.stage.load(Ordering::Relaxed) == PROVED
    }

    /// The connection is gone.
    pub(crate) fn part(&self, tally: &Tally) {
        if self.stage.swap(PARTED, Ordering::Relaxed) == PROVED {
            tally.sessions.down();
        }
    }

    /// How long to wait after so many messages, for the sake of the network they came from.
    pub(crate) fn charge(&self, n_messages: u32) -> Duration {
        self.guest.as_ref().map_or(Duration::ZERO, |guest| guest.charge(n_messages))
    }

    /// Whether messages of this connection are with the node.
    pub(crate) fn is_with_node(&self) -> bool {
        self.turn.load(Ordering::Acquire)
    }
}

/// Messages of a connection are with the node until this is dropped.
pub(crate) struct Turn(pub(crate) Arc<Line>);

impl Turn {
    pub(crate) fn of(line: &Arc<Line>) -> Self {
        line.turn.store(true, Ordering::Release);
        Self(Arc::clone(line))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.turn.store(false, Ordering::Release);
        self.0.waker.wake();
    }
}
