//! What arrived and was not looked at yet: a bounded line for each connection, served in turn.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::task::Waker;

use effigy_core::limits::MESSAGE_BYTES;
use effigy_proto::{Input, Link};
use js_sys::{ArrayBuffer, JsString};
use wasm_bindgen::{JsCast, JsValue};

/// Most frames of one connection that wait to be looked at. A browser cannot stop reading a socket,
/// so who sends more than this ahead is cut off.
pub(crate) const FRAMES: usize = 1_024;
/// Most bytes of one connection's frames that wait to be looked at.
pub(crate) const BYTES: usize = 8 * 1024 * 1024;
/// Most other news of one connection that waits: candidates, drained buffers.
const NEWS: usize = 1_024;

/// Something that happened on a connection.
pub(crate) enum Arrival {
    /// A binary frame, still on the browser's side.
    Binary(ArrayBuffer),
    /// The connection is gone, or must go.
    Closed,
    /// So much came that nothing of it counts, and the connection must go.
    Flooded,
    /// The buffer of what is to be sent has become low.
    Low,
    /// News for the engine as it is.
    News(Input),
    /// A frame that is longer than any message may be, or of no known kind; its bytes were not
    /// looked at.
    Refused,
    /// A text frame, still on the browser's side.
    Text(JsString),
}

/// What waits of one connection.
#[derive(Default)]
struct Line {
    arrivals: VecDeque<Arrival>,
    bytes: usize,
    /// Set when nothing can come any more.
    closed: bool,
    /// Frames that came before the connection was announced.
    early: VecDeque<Arrival>,
    frames: usize,
    news: usize,
    open: bool,
}

#[derive(Default)]
struct State {
    lines: BTreeMap<Link, Line>,
    /// Connections of which something waits, each once, in the order in which they are served.
    ready: VecDeque<Link>,
    stopped: bool,
    waker: Option<Waker>,
}

/// The lines of all connections. Copies are the same inbox.
#[derive(Clone, Default)]
pub(crate) struct Inbox(Rc<RefCell<State>>);

impl Inbox {
    /// Begins a line. What comes on a connection without one is dropped.
    pub(crate) fn add(&self, link: Link) {
        self.0.borrow_mut().lines.insert(link, Line::default());
    }

    /// Drops a line and all that waits in it.
    pub(crate) fn remove(&self, link: Link) {
        let mut state = self.0.borrow_mut();
        state.lines.remove(&link);
        state.ready.retain(|waiting| *waiting != link);
    }

    /// Drops every line.
    pub(crate) fn clear(&self) {
        let mut state = self.0.borrow_mut();
        state.lines.clear();
        state.ready.clear();
    }

    /// The frame of a `message` event came.
    pub(crate) fn frame(&self, link: Link, data: JsValue) {
        let (arrival, bytes) = match data.dyn_into::<ArrayBuffer>() {
            Ok(buffer) => {
                let bytes = buffer.byte_length() as usize;
                (Arrival::Binary(buffer), bytes)
            }
            // The length in UTF-16 units is never greater than that in UTF-8 bytes.
            Err(data) => match data.dyn_into::<JsString>() {
                Ok(text) => {
                    let bytes = text.length() as usize;
                    (Arrival::Text(text), bytes)
                }
                Err(_) => return self.refuse(link),
            },
        };
        if bytes > MESSAGE_BYTES {
            return self.refuse(link);
        }
        self.change(link, |line| {
            if line.frames >= FRAMES || line.bytes.saturating_add(bytes) > BYTES {
                return line.cut();
            }
            line.frames += 1;
            line.bytes += bytes;
            if line.open { line.arrivals.push_back(arrival) } else { line.early.push_back(arrival) }
        });
    }

    /// The connection is open: says so before anything that came on it.
    pub(crate) fn announce(&self, link: Link, connected: Input) {
        self.change(link, |line| {
            if line.open {
                return;
            }
            line.open = true;
            line.arrivals.push_back(Arrival::News(connected));
            let mut early = std::mem::take(&mut line.early);
            line.arrivals.append(&mut early);
        });
    }

    /// Something else happened.
    pub(crate) fn news(&self, link: Link, input: Input) {
        self.push(link, Arrival::News(input));
    }

    /// There is room for more to send.
    pub(crate) fn low(&self, link: Link) {
        self.push(link, Arrival::Low);
    }

    /// The connection is gone, after everything that came on it.
    pub(crate) fn closed(&self, link: Link) {
        self.change(link, |line| {
            line.closed = true;
            line.arrivals.push_back(Arrival::Closed);
        });
    }

    /// Takes the next arrival: of each connection one, then of the first again.
    pub(crate) fn pop(&self) -> Option<(Link, Arrival)> {
        let mut state = self.0.borrow_mut();
        while let Some(link) = state.ready.pop_front() {
            let Some(line) = state.lines.get_mut(&link) else { continue };
            let Some(arrival) = line.arrivals.pop_front() else { continue };
            line.forget(&arrival);
            if !line.arrivals.is_empty() {
                state.ready.push_back(link);
            }
            return Some((link, arrival));
        }
        None
    }

    /// Remembers whom to wake.
    pub(crate) fn listen(&self, waker: &Waker) {
        let mut state = self.0.borrow_mut();
        match &mut state.waker {
            Some(known) => known.clone_from(waker),
            none => *none = Some(waker.clone()),
        }
    }

    /// Wakes the engine, if it waits.
    pub(crate) fn wake(&self) {
        let waker = self.0.borrow_mut().waker.take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Ends the engine, once it is through with what it does.
    pub(crate) fn stop(&self) {
        self.0.borrow_mut().stopped = true;
        self.wake();
    }

    /// Whether the engine must end.
    pub(crate) fn is_stopped(&self) -> bool {
        self.0.borrow().stopped
    }

    fn push(&self, link: Link, arrival: Arrival) {
        self.change(link, |line| {
            if line.news >= NEWS {
                return line.cut();
            }
            line.news += 1;
            line.arrivals.push_back(arrival);
        });
    }

    fn refuse(&self, link: Link) {
        self.change(link, |line| {
            line.closed = true;
            line.arrivals.push_back(Arrival::Refused);
            line.arrivals.push_back(Arrival::Closed);
        });
    }

    /// Changes an open line, and has it served if something waits in it.
    fn change(&self, link: Link, change: impl FnOnce(&mut Line)) {
        {
            let mut state = self.0.borrow_mut();
            let Some(line) = state.lines.get_mut(&link) else { return };
            if line.closed {
                return;
            }
            change(line);
            if line.arrivals.is_empty() || state.ready.contains(&link) {
                return;
            }
            state.ready.push_back(link);
        }
        self.wake();
    }
}

impl Line {
    /// Too much came too fast: nothing of it counts, and the connection goes.
    fn cut(&mut self) {
        *self = Self { closed: true, ..Self::default() };
        self.arrivals.push_back(Arrival::Flooded);
    }

    /// Counts an arrival as taken.
    fn forget(&mut self, arrival: &Arrival) {
        let bytes = match arrival {
            Arrival::Binary(buffer) => buffer.byte_length() as usize,
            Arrival::Text(text) => text.length() as usize,
            Arrival::Low | Arrival::News(_) => {
                self.news = self.news.saturating_sub(1);
                return;
            }
            Arrival::Closed | Arrival::Flooded | Arrival::Refused => return,
        };
        self.bytes = self.bytes.saturating_sub(bytes);
        self.frames = self.frames.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    fn opened(inbox: &Inbox, link: Link) {
        inbox.add(link);
        inbox.announce(link, Input::Tick);
        assert!(matches!(inbox.pop(), Some((_, Arrival::News(Input::Tick)))));
    }

    #[test]
    fn whoever_floods_is_cut_off_and_alone() {
        for (frames, text) in [(FRAMES, "a".to_owned()), (BYTES / 65_536, "a".repeat(65_536))] {
            let inbox = Inbox::default();
            opened(&inbox, Link(1));
            opened(&inbox, Link(2));
            for _ in 0..frames {
                inbox.frame(Link(1), text.as_str().into());
            }
            inbox.frame(Link(2), "quiet".into());
            assert!(matches!(inbox.pop(), Some((Link(1), Arrival::Text(_)))));
            inbox.frame(Link(1), text.as_str().into());
            inbox.frame(Link(1), text.as_str().into());
            assert!(matches!(inbox.pop(), Some((Link(2), Arrival::Text(_)))));
            assert!(matches!(inbox.pop(), Some((Link(1), Arrival::Flooded))));
            inbox.frame(Link(1), text.as_str().into());
            assert!(inbox.pop().is_none());
        }
    }

    #[test]
    fn everybody_has_a_turn() {
        let inbox = Inbox::default();
        for link in [1, 2, 3] {
            opened(&inbox, Link(link));
        }
        for link in [1, 1, 1, 2, 3, 3] {
            inbox.frame(Link(link), "frame".into());
        }
        let order: Vec<u64> = std::iter::from_fn(|| inbox.pop()).map(|(link, _)| link.0).collect();
        assert_eq!(order, [1, 2, 3, 1, 3, 1]);
    }

    #[test]
    fn what_came_before_the_announcement_is_told_after_it() {
        let inbox = Inbox::default();
        inbox.add(Link(1));
        inbox.frame(Link(1), "early".into());
        assert!(inbox.pop().is_none());
        inbox.announce(Link(1), Input::Tick);
        assert!(matches!(inbox.pop(), Some((_, Arrival::News(Input::Tick)))));
        assert!(matches!(inbox.pop(), Some((_, Arrival::Text(_)))));
    }

    #[test]
    fn frames_of_no_kind_are_refused() {
        for odd in [JsValue::NULL, JsValue::from(7), js_sys::Object::new().into()] {
            let inbox = Inbox::default();
            opened(&inbox, Link(1));
            inbox.frame(Link(1), odd);
            assert!(matches!(inbox.pop(), Some((_, Arrival::Refused))));
            assert!(matches!(inbox.pop(), Some((_, Arrival::Closed))));
        }
    }

    #[test]
    fn what_is_forgotten_says_nothing_more() {
        let inbox = Inbox::default();
        opened(&inbox, Link(1));
        inbox.frame(Link(1), "frame".into());
        inbox.remove(Link(1));
        inbox.closed(Link(1));
        assert!(inbox.pop().is_none());
    }
}
