//! What arrived and was not looked at yet: a bounded line for each connection, served in turn.
//!
//! Long text frames are looked at by workers while they wait. They stay in their line meanwhile, so
//! the order of what a connection says is kept, and its bounds hold for them as for everything else.

mod line;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::task::Waker;

use effigy_core::limits::MESSAGE_BYTES;
use effigy_proto::{Input, Link};
use effigy_worker::{Job, Pool};
use js_sys::{ArrayBuffer, JsString};
use wasm_bindgen::{JsCast, JsValue};

use line::Line;
pub(crate) use line::{Arrival, Check};

/// Most frames of one connection that wait to be looked at. A browser cannot stop reading a socket,
/// so who sends more than this ahead is cut off.
pub(crate) const FRAMES: usize = 1_024;
/// Most bytes of one connection's frames that wait to be looked at.
pub(crate) const BYTES: usize = 8 * 1024 * 1024;
/// From how many letters on a worker looks at a text frame. What is shorter holds at most a few
/// entries, and is checked sooner than it is handed over.
const LONG: u32 = 4_096;
/// Most frames that are with workers, or were checked by them and wait for the page: with more they
/// would only get ahead of who takes their work in.
const AHEAD: usize = 16;

#[derive(Default)]
struct State {
    /// The number of the last frame that was handed out.
    handed: u64,
    lines: BTreeMap<Link, Line>,
    /// Connections with frames for workers, each once, in the order in which they are served.
    owing: VecDeque<Link>,
    /// Connections of which something can be taken, each once, in the order in which they are served.
    ready: VecDeque<Link>,
    stopped: bool,
    waker: Option<Waker>,
}

/// The lines of all connections. Copies are the same inbox.
#[derive(Clone, Default)]
pub(crate) struct Inbox {
    pool: Pool,
    state: Rc<RefCell<State>>,
}

impl Inbox {
    /// An inbox without lines, whose long frames are checked by these workers.
    pub(crate) fn new(pool: Pool) -> Self {
        Self { pool, state: Rc::default() }
    }

    /// Begins a line. What comes on a connection without one is dropped.
    pub(crate) fn add(&self, link: Link) {
        self.state.borrow_mut().lines.insert(link, Line::default());
    }

    /// Drops a line and all that waits in it.
    pub(crate) fn remove(&self, link: Link) {
        let mut state = self.state.borrow_mut();
        state.lines.remove(&link);
        state.ready.retain(|waiting| *waiting != link);
        state.owing.retain(|waiting| *waiting != link);
    }

    /// Drops every line.
    pub(crate) fn clear(&self) {
        let mut state = self.state.borrow_mut();
        state.lines.clear();
        state.owing.clear();
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
                    let letters = text.length();
                    let for_worker = letters >= LONG && self.pool.is_there();
                    let check = if for_worker { Check::Due } else { Check::Here };
                    (Arrival::Text(text, check), letters as usize)
                }
                Err(_) => return self.refuse(link),
            },
        };
        if bytes > MESSAGE_BYTES {
            return self.refuse(link);
        }
        let is_due = matches!(arrival, Arrival::Text(_, Check::Due));
        self.enter(link, |line| {
            if line.frames >= FRAMES || line.bytes.saturating_add(bytes) > BYTES {
                return line.cut();
            }
            line.frames += 1;
            line.bytes += bytes;
            if line.open { line.arrivals.push_back(arrival) } else { line.early.push_back(arrival) }
        });
        if is_due {
            self.hand_out();
        }
    }

    /// The connection is open: says so before anything that came on it.
    pub(crate) fn announce(&self, link: Link, connected: Input) {
        self.enter(link, |line| {
            if line.open {
                return;
            }
            line.open = true;
            line.arrivals.push_back(Arrival::News(connected));
            let mut early = std::mem::take(&mut line.early);
            line.arrivals.append(&mut early);
        });
        self.hand_out();
    }

    /// Something else happened.
    pub(crate) fn news(&self, link: Link, input: Input) {
        self.enter(link, |line| line.tell(Arrival::News(input)));
    }

    /// There is room for more to send.
    pub(crate) fn low(&self, link: Link) {
        self.enter(link, |line| {
            // It may be what a held frame waits for.
            if line.held { line.arrivals.push_front(Arrival::Low) } else { line.tell(Arrival::Low) }
        });
    }

    /// Keeps the frames of a connection back, or no longer.
    pub(crate) fn hold(&self, link: Link, held: bool) {
        self.change(link, |line| line.held = held && !line.closed);
    }

    /// The connection is gone, after everything that came on it.
    pub(crate) fn closed(&self, link: Link) {
        self.enter(link, |line| {
            line.closed = true;
            // Nothing leaves any more for which frames could be kept back.
            line.held = false;
            line.arrivals.push_back(Arrival::Closed);
        });
    }

    /// Takes the next arrival: of each connection one, then of the first again.
    pub(crate) fn pop(&self) -> Option<(Link, Arrival)> {
        let taken = self.state.borrow_mut().pop();
        if let Some((_, Arrival::Text(_, Check::Found(_)))) = &taken {
            self.hand_out();
        }
        taken
    }

    /// Remembers whom to wake.
    pub(crate) fn listen(&self, waker: &Waker) {
        let mut state = self.state.borrow_mut();
        match &mut state.waker {
            Some(known) => known.clone_from(waker),
            none => *none = Some(waker.clone()),
        }
    }

    /// Wakes the engine, if it waits.
    pub(crate) fn wake(&self) {
        let waker = self.state.borrow_mut().waker.take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Ends the engine, once it is through with what it does.
    pub(crate) fn stop(&self) {
        self.state.borrow_mut().stopped = true;
        self.wake();
    }

    /// Whether the engine must end.
    pub(crate) fn is_stopped(&self) -> bool {
        self.state.borrow().stopped
    }

    /// Gives frames to workers: of each connection one, then of the first again.
    fn hand_out(&self) {
        loop {
            let next = self.state.borrow_mut().hand_next();
            let Some((link, number, text)) = next else { return };
            let inbox = self.clone();
            self.pool.ask(Job::Frame(text), move |found| inbox.checked(link, number, found));
        }
    }

    /// A worker is through with a frame, or nobody will look at it but the page.
    fn checked(&self, link: Link, number: u64, found: Option<ArrayBuffer>) {
        self.change(link, |line| line.checked(number, found));
        self.hand_out();
    }

    fn refuse(&self, link: Link) {
        self.enter(link, |line| {
            line.closed = true;
            line.arrivals.push_back(Arrival::Refused);
            line.arrivals.push_back(Arrival::Closed);
        });
    }

    /// Changes a line to which something may still come.
    fn enter(&self, link: Link, change: impl FnOnce(&mut Line)) {
        self.change(link, |line| {
            if !line.closed {
                change(line);
            }
        });
    }

    /// Changes a line, and has it served if something can be taken from it.
    fn change(&self, link: Link, change: impl FnOnce(&mut Line)) {
        {
            let mut state = self.state.borrow_mut();
            let State { lines, ready, owing, .. } = &mut *state;
            let Some(line) = lines.get_mut(&link) else { return };
            change(line);
            if line.is_owing() && !owing.contains(&link) {
                owing.push_back(link);
            }
            if !line.is_ready() || ready.contains(&link) {
                return;
            }
            ready.push_back(link);
        }
        self.wake();
    }
}

impl State {
    fn pop(&mut self) -> Option<(Link, Arrival)> {
        while let Some(link) = self.ready.pop_front() {
            let Some(line) = self.lines.get_mut(&link).filter(|line| line.is_ready()) else {
                continue;
            };
            let Some(arrival) = line.arrivals.pop_front() else { continue };
            line.forget(&arrival);
            if line.is_ready() {
                self.ready.push_back(link);
            }
            return Some((link, arrival));
        }
        None
    }

    /// The next frame for a worker, under a number of its own.
    fn hand_next(&mut self) -> Option<(Link, u64, JsString)> {
        if self.lines.values().map(|line| line.ahead).sum::<usize>() >= AHEAD {
            return None;
        }
        while let Some(link) = self.owing.pop_front() {
            let number = self.handed.saturating_add(1);
            let Some(line) = self.lines.get_mut(&link) else { continue };
            let Some(text) = line.hand(number) else { continue };
            self.handed = number;
            if line.is_owing() {
                self.owing.push_back(link);
            }
            return Some((link, number, text));
        }
        None
    }
}
