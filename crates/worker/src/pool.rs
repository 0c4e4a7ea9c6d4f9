//! The page's end: as many workers as there is work for, within what the device has.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::{Rc, Weak};

use gloo_timers::callback::Timeout;
use js_sys::{Array, ArrayBuffer, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Event, MessageEvent, Worker};

use crate::job::Job;
use crate::listen::Listener;
use crate::picture;

/// Most jobs that one worker holds: one that it does, and one so that it need not wait for the next.
const DEPTH: usize = 2;
/// Most jobs that wait for a worker to have room. Who comes later does the work alone.
const WAITING: usize = 64;
/// How often a job may bring a worker down before it is given up: once may be chance.
const TRIES: u32 = 2;
/// How many workers may fail in a row before one has done anything. Then there are none to be had.
const FAILURES: u32 = 4;
/// How long one job may take, in milliseconds. A batch takes a fiftieth of a second, a large picture
/// on an old phone some seconds.
const PATIENCE: u32 = 30_000;
/// How long a worker with nothing to do is kept, in milliseconds. One takes some megabytes.
const IDLE: u32 = 60_000;

/// Starts a worker; `None` where the browser does not.
type Start = dyn Fn() -> Option<Worker>;
/// What is done with the answer; `None` when nobody did the job.
type Done = Box<dyn FnOnce(Option<ArrayBuffer>)>;

/// Workers that do jobs. Copies are the same pool.
///
/// Jobs are begun in the order in which they came, and may be done in another.
#[derive(Clone)]
pub struct Pool(Rc<RefCell<State>>);

struct State {
    /// Counts workers and jobs, so that what one says late is taken for nothing else.
    count: u32,
    /// How many failed since one last did something.
    failures: u32,
    hands: Vec<Hand>,
    /// How many workers there may be. None once they turned out to be of no use.
    size: usize,
    start: Box<Start>,
    waiting: VecDeque<Asked>,
}

/// A worker.
struct Hand {
    /// What it holds, in the order in which it was begun.
    asked: VecDeque<Asked>,
    _listeners: [Listener; 3],
    name: u32,
    /// Whether it listens: what is posted before is lost.
    ready: bool,
    /// When it is taken for dead, or is no longer kept.
    watch: Option<Timeout>,
    worker: Worker,
}

/// A job and who waits for it.
struct Asked {
    done: Done,
    job: Job,
    number: u32,
    tries: u32,
}

impl Default for Pool {
    /// A pool without workers.
    fn default() -> Self {
        Self::new(0, || None)
    }
}

impl Pool {
    /// A pool of at most so many workers. Each is started when there is work for it.
    pub fn new(size: usize, start: impl Fn() -> Option<Worker> + 'static) -> Self {
        Self(Rc::new(RefCell::new(State {
            count: 0,
            failures: 0,
            hands: Vec::new(),
            size,
            start: Box::new(start),
            waiting: VecDeque::new(),
        })))
    }

    /// Whether there are workers, or were none needed yet.
    pub fn is_there(&self) -> bool {
        self.0.borrow().size > 0
    }

    /// Whether a worker would begin a job at once, or next.
    pub fn has_room(&self) -> bool {
        let state = self.0.borrow();
        let idle = state.hands.len() < state.size
            || state.hands.iter().any(|hand| hand.asked.len() < DEPTH);
        state.size > 0 && idle && state.waiting.is_empty()
    }

    /// Has a job done. `done` is called with the answer, or with `None` when nobody does it: perhaps
    /// at once.
    pub fn ask(&self, job: Job, done: impl FnOnce(Option<ArrayBuffer>) + 'static) {
        let mut asked = Asked { done: Box::new(done), job, number: 0, tries: 0 };
        {
            let mut state = self.0.borrow_mut();
            asked.number = state.next();
            if state.size > 0 && state.waiting.len() < WAITING {
                state.waiting.push_back(asked);
                drop(state);
                return self.hand_out();
            }
        }
        (asked.done)(None);
    }

    /// Gives what waits to workers that have room, starting more where it helps.
    fn hand_out(&self) {
        while let Some(at) = self.free_hand() {
            let mut state = self.0.borrow_mut();
            let Some(asked) = state.waiting.pop_front() else { return };
            if let Some(hand) = state.hands.get_mut(at) {
                hand.take(asked);
            }
            drop(state);
            self.watch(at);
        }
        let mut state = self.0.borrow_mut();
        let given_up =
            if state.size > 0 { VecDeque::new() } else { std::mem::take(&mut state.waiting) };
        drop(state);
        given_up.into_iter().for_each(|asked| (asked.done)(None));
    }

    /// The worker for the next job that waits: one that has nothing, a new one, or who has least.
    fn free_hand(&self) -> Option<usize> {
        let state = self.0.borrow();
        if state.waiting.is_empty() || state.size == 0 {
            return None;
        }
        let loads = state.hands.iter().map(|hand| hand.asked.len()).enumerate();
        let least = loads.min_by_key(|(_, load)| *load);
        let may_start = state.hands.len() < state.size;
        drop(state);
        match least {
            Some((at, 0)) => Some(at),
            least if may_start => self.start_one().or_else(|| least.map(|(at, _)| at)),
            Some((at, load)) if load < DEPTH => Some(at),
            _ => None,
        }
    }

    /// Starts a worker. Where that cannot be done there will be no more than there are now.
    fn start_one(&self) -> Option<usize> {
        let started = (self.0.borrow().start)();
        let mut state = self.0.borrow_mut();
        let Some(worker) = started else {
            state.size = state.hands.len();
            return None;
        };
        let name = state.next();
        let (on_message, on_error, on_garbled) = (self.weak(), self.weak(), self.weak());
        let listeners = [
            Listener::new(&worker, "message", move |event| {
                on_message.with(|pool| pool.heard(name, event));
            }),
            Listener::new(&worker, "error", move |_| on_error.with(|pool| pool.fell(name))),
            Listener::new(&worker, "messageerror", move |_| {
                on_garbled.with(|pool| pool.fell(name));
            }),
        ];
        let asked = VecDeque::new();
        let hand = Hand { asked, _listeners: listeners, name, ready: false, watch: None, worker };
        state.hands.push(hand);
        Some(state.hands.len().saturating_sub(1))
    }

    /// A worker says that it listens, or answers the first of what it holds.
    fn heard(&self, name: u32, event: Event) {
        let event: MessageEvent = event.unchecked_into();
        let Some(at) = self.place(name) else { return };
        let mut is_stuck = false;
        let answered = {
            let mut state = self.0.borrow_mut();
            let Some(hand) = state.hands.get_mut(at) else { return };
            hand.begin();
            let answered = answer(&event.data()).and_then(|(number, answer)| {
                let at = hand.asked.iter().position(|asked| asked.number == number)?;
                Some((hand.asked.remove(at)?.done, answer))
            });
            if let Some((_, answer)) = &answered {
                state.failures = 0;
                is_stuck = is_still_decoding(answer);
            }
            answered
        };
        if is_stuck {
            self.replace(at);
        } else {
            self.watch(at);
        }
        self.hand_out();
        if let Some((done, answer)) = answered {
            done(Some(answer));
        }
    }

    /// A worker failed, or has been silent for too long. What it held is done by others.
    fn fell(&self, name: u32) {
        let Some(at) = self.place(name) else { return };
        let mut given_up = None;
        {
            let mut state = self.0.borrow_mut();
            let mut hand = state.hands.remove(at);
            hand.worker.terminate();
            state.failures = state.failures.saturating_add(1);
            if state.failures >= FAILURES {
                state.size = 0;
            }
            // It most likely fell over the first, if it had begun at all.
            if let Some(first) = hand.asked.front_mut().filter(|_| hand.ready) {
                first.tries = first.tries.saturating_add(1);
                if first.tries >= TRIES {
                    given_up = hand.asked.pop_front();
                }
            }
            while let Some(asked) = hand.asked.pop_back() {
                state.waiting.push_front(asked);
            }
        }
        self.hand_out();
        if let Some(asked) = given_up {
            (asked.done)(None);
        }
    }

    /// Ends a worker that gave a job up and is still busy with it. What else it held is done by others.
    fn replace(&self, at: usize) {
        let mut state = self.0.borrow_mut();
        let mut hand = state.hands.remove(at);
        hand.worker.terminate();
        while let Some(asked) = hand.asked.pop_back() {
            state.waiting.push_front(asked);
        }
    }

    /// Lets a worker go that had nothing to do.
    fn dismiss(&self, name: u32) {
        let Some(at) = self.place(name) else { return };
        let mut state = self.0.borrow_mut();
        if state.hands.get(at).is_some_and(|hand| hand.asked.is_empty()) {
            state.hands.remove(at).worker.terminate();
        }
    }

    /// Begins to count the time of what a worker does now.
    fn watch(&self, at: usize) {
        let mut state = self.0.borrow_mut();
        let Some(hand) = state.hands.get_mut(at) else { return };
        let (pool, name) = (self.weak(), hand.name);
        hand.watch = Some(if hand.asked.is_empty() {
            Timeout::new(IDLE, move || pool.with(|pool| pool.dismiss(name)))
        } else {
            Timeout::new(PATIENCE, move || pool.with(|pool| pool.fell(name)))
        });
    }

    /// How its workers' listeners know the pool: it ends with its owners.
    fn weak(&self) -> WeakPool {
        WeakPool(Rc::downgrade(&self.0))
    }

    fn place(&self, name: u32) -> Option<usize> {
        self.0.borrow().hands.iter().position(|hand| hand.name == name)
    }
}

/// A pool that may be gone.
struct WeakPool(Weak<RefCell<State>>);

impl WeakPool {
    fn with(&self, act: impl FnOnce(&Pool)) {
        if let Some(state) = self.0.upgrade() {
            act(&Pool(state));
        }
    }
}

impl Hand {
    /// Takes one more job.
    fn take(&mut self, asked: Asked) {
        if self.ready {
            self.post(&asked);
        }
        self.asked.push_back(asked);
    }

    /// It listens now: hears what it was given meanwhile.
    fn begin(&mut self) {
        if !std::mem::replace(&mut self.ready, true) {
            self.asked.iter().for_each(|asked| self.post(asked));
        }
    }

    fn post(&self, asked: &Asked) {
        // What cannot be posted is never answered, and given up with the worker.
        let _ = self.worker.post_message(&asked.job.to_wire(asked.number));
    }
}

impl State {
    /// A number that was not used before.
    const fn next(&mut self) -> u32 {
        self.count = self.count.wrapping_add(1);
        self.count
    }
}

/// Whether a worker answers that a picture takes it too long. Nothing else is answered so.
fn is_still_decoding(answer: &ArrayBuffer) -> bool {
    let is_short = answer.byte_length() as usize == picture::SLOW.len();
    is_short && picture::is_slow(&Uint8Array::new(answer).to_vec())
}

/// What a worker answers, and to which job.
fn answer(message: &JsValue) -> Option<(u32, ArrayBuffer)> {
    let message: &Array = message.dyn_ref()?;
    Some((message.get(0).as_f64()? as u32, message.get(1).dyn_into().ok()?))
}

impl Drop for State {
    fn drop(&mut self) {
        self.hands.iter().for_each(|hand| hand.worker.terminate());
    }
}
