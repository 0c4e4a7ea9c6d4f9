//! What all connections of a world have for its node, in the order in which it came.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};

use effigy_proto::{Binding, Garbage, Link, Message};
use tokio::sync::Notify;

use crate::limits::INBOX_BYTES;
use crate::line::{Line, Turn};

/// Something on its way to the node.
pub(crate) struct Arrival {
    pub(crate) link: Link,
    pub(crate) news: News,
}

/// What happened.
pub(crate) enum News {
    /// Somebody came in.
    Accepted(Binding, Arc<Line>),
    /// What was dialled is open.
    Dialled(Binding),
    /// A binary frame has left.
    Drained,
    /// The connection is gone.
    Gone,
    /// Messages came, and no more are read before the node is through with them.
    Received(Messages, Turn),
}

/// What came on one connection, in its order.
pub(crate) type Messages = VecDeque<Result<Message, Garbage>>;

/// Nobody is there to be told: the node has ended.
pub(crate) struct Deaf;

/// The queue in front of the node. It needs no bound in number: each connection has its turn once,
/// and what else happens on one is bounded by what the node let it do. Bytes have a bound, and who
/// would pass it waits.
#[derive(Default)]
pub(crate) struct Inbox {
    /// Told when there is something.
    bell: Notify,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    arrivals: VecDeque<Arrival>,
    /// Bytes of messages that wait.
    bytes: usize,
    is_closed: bool,
    /// Tasks of connections that wait until there is less.
    waiting: Vec<Waker>,
}

impl Inbox {
    /// Puts something in that is no message.
    pub(crate) fn tell(&self, link: Link, news: News) -> Result<(), Deaf> {
        self.put(Arrival { link, news }, 0)
    }

    /// Puts messages in with so many bytes.
    pub(crate) fn put(&self, arrival: Arrival, bytes: usize) -> Result<(), Deaf> {
        let mut state = self.state();
        if state.is_closed {
            return Err(Deaf);
        }
        let was_empty = state.arrivals.is_empty();
        state.arrivals.push_back(arrival);
        state.bytes = state.bytes.saturating_add(bytes);
        drop(state);
        if was_empty {
            self.bell.notify_one();
        }
        Ok(())
    }

    /// Whether there is room for more messages; when there is none, the task is woken for another
    /// attempt.
    pub(crate) fn has_room(&self, context: &Context<'_>) -> bool {
        let mut state = self.state();
        let has_room = state.bytes < INBOX_BYTES || state.is_closed;
        if !has_room {
            state.waiting.push(context.waker().clone());
        }
        has_room
    }

    /// Takes everything, without waiting, in exchange for an empty queue.
    pub(crate) fn take(&self, empty: &mut VecDeque<Arrival>) {
        let mut state = self.state();
        std::mem::swap(&mut state.arrivals, empty);
        state.bytes = 0;
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Waits until something may be there.
    pub(crate) async fn rung(&self) {
        self.bell.notified().await;
    }

    /// The node has ended.
    pub(crate) fn close(&self) {
        let mut left = VecDeque::new();
        self.state().is_closed = true;
        self.take(&mut left);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::task::noop_waker;

    use super::*;

    fn messages(link: u64) -> Arrival {
        let line = Arc::new(Line::new(Link(link), 1_000, None));
        let received = VecDeque::from([Ok(Message::Ping)]);
        Arrival { link: Link(link), news: News::Received(received, Turn::of(&line)) }
    }

    #[test]
    fn who_would_pass_the_bound_waits_until_there_is_less() {
        let inbox = Inbox::default();
        let waker = noop_waker();
        let context = Context::from_waker(&waker);
        let mut n_taken = 0;
        while inbox.has_room(&context) {
            assert!(inbox.put(messages(n_taken), INBOX_BYTES / 4).is_ok());
            n_taken += 1;
        }
        assert_eq!(n_taken, 4);
        let mut taken = VecDeque::new();
        inbox.take(&mut taken);
        assert!(inbox.has_room(&context) && taken.len() == 4);
    }

    #[tokio::test]
    async fn a_closed_one_takes_nothing_and_gives_turns_back() {
        let inbox = Inbox::default();
        let line = Arc::new(Line::new(Link(1), 1_000, None));
        let news = News::Received(VecDeque::new(), Turn::of(&line));
        assert!(inbox.tell(Link(1), news).is_ok() && line.is_with_node());
        inbox.rung().await;
        inbox.close();
        assert!(!line.is_with_node());
        assert!(inbox.tell(Link(1), News::Gone).is_err());
    }
}
