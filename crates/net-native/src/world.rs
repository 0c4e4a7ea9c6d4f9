//! The world as the engine sees it.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use effigy_core::{Identity, Time};
use effigy_engine::World;
use effigy_proto::{
    Binding, ErrorCode, Fence, Frame, Garbage, Input, Link, Message, Path, RtcAction,
};
use tokio::runtime::Handle;
use tokio::time::{Instant, sleep, timeout};

use crate::connection::{self, Office};
use crate::dial::dial;
use crate::gate::Gate;
use crate::inbox::{Arrival, Inbox, Messages, News};
use crate::limits::{BEAT, Limits, TURNS};
use crate::line::{Line, Turn};
use crate::socket::Reason;
use crate::tally::Tally;

/// Over how many milliseconds those who are here spread their coming back, for each of them, and at
/// most: a household need not wait, and ten thousand do not prove themselves in the same second.
const SPREAD_EACH: u32 = 15;
const SPREAD_MOST: u32 = 20_000;
/// How long messages may be that tell how a session stands.
const SHORT: usize = 256;

/// The network and the clock of a native program. It keeps no fence: that is for persons' devices,
/// and here for hubs and for tests.
pub struct NativeWorld {
    /// What was taken out of the inbox and not yet told.
    arrivals: VecDeque<Arrival>,
    connections: HashMap<Link, Connection>,
    /// The messages of connections that are with the node, whose turn is next first: one of each.
    turns: VecDeque<(Link, Messages, Turn)>,
    /// Whether the first of them goes before everything else: its connection is gone.
    is_urgent: bool,
    /// When to look after the connections again.
    next_beat: Instant,
    office: Arc<Office>,
    /// What is to be told before anything else.
    pending: VecDeque<Input>,
    runtime: Handle,
    wake_at: Option<Time>,
}

/// A connection that the node knows. Closed when dropped.
struct Connection {
    /// The last that was said on it was that the other side did wrong.
    is_blamed: bool,
    /// Who the other side says it is, until it has proved that.
    claims: Option<Box<Identity>>,
    line: Arc<Line>,
}

impl Connection {
    const fn new(line: Arc<Line>) -> Self {
        Self { is_blamed: false, claims: None, line }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.line.end(if self.is_blamed { Reason::Rules } else { Reason::Done });
    }
}

impl NativeWorld {
    /// A world without connections, whose tasks run on `runtime`; and the entrance to it.
    pub fn new(runtime: Handle, limits: Limits, tally: Arc<Tally>) -> (Self, Gate) {
        let (beat, inbox) = (AtomicU32::new(0), Inbox::default());
        let office = Arc::new(Office { beat, inbox, limits, tally });
        let gate = Gate::new(Arc::clone(&office));
        let world = Self {
            arrivals: VecDeque::new(),
            connections: HashMap::new(),
            turns: VecDeque::new(),
            is_urgent: false,
            next_beat: Instant::now(),
            office,
            pending: VecDeque::new(),
            runtime,
            wake_at: None,
        };
        (world, gate)
    }

    /// The next thing that is there already.
    fn ready(&mut self) -> Option<Input> {
        loop {
            if let Some(input) = self.pending.pop_front() {
                return Some(input);
            }
            if self.wake_at.is_some_and(|time| time <= now()) {
                self.wake_at = None;
                return Some(Input::Tick);
            }
            if self.arrivals.is_empty() {
                if self.next_beat <= Instant::now() {
                    self.look_after();
                }
                if self.turns.len() < TURNS {
                    self.office.inbox.take(&mut self.arrivals);
                }
            }
            let is_urgent = std::mem::take(&mut self.is_urgent);
            if let Some(arrival) = self.arrivals.pop_front_if(|_| !is_urgent) {
                match self.take(arrival) {
                    Some(input) => return Some(input),
                    None => continue,
                }
            }
            let (link, messages, turn) = self.turns.pop_front()?;
            if let Some(input) = self.take_turn(link, messages, turn) {
                return Some(input);
            }
        }
    }

    /// One message of a connection; the rest waits until all others had their turn. Who says much is
    /// not waited for by who says little.
    fn take_turn(&mut self, link: Link, mut messages: Messages, turn: Turn) -> Option<Input> {
        let is_known = self.connections.contains_key(&link);
        let message = messages.pop_front().filter(|_| is_known)?;
        self.note_claim(link, &message);
        // The turn is over when the node is through with the last.
        self.turns.push_back((link, messages, turn));
        Some(Input::Received(link, message))
    }

    /// Makes of an arrival what the engine is told. What comes of connections that were closed here
    /// is passed over.
    fn take(&mut self, arrival: Arrival) -> Option<Input> {
        let Arrival { link, news } = arrival;
        if let News::Accepted(binding, line) = news {
            self.connections.insert(link, Connection::new(line));
            return Some(Input::Connected { binding, dialled: false, link, path: Path::Hub });
        }
        if !self.connections.contains_key(&link) {
            return None;
        }
        match news {
            News::Accepted(..) => None,
            News::Dialled(binding) => {
                Some(Input::Connected { binding, dialled: true, link, path: Path::Hub })
            }
            News::Drained => Some(Input::Drained(link)),
            News::Gone => {
                // What was said before still counts.
                let rest = |(of, messages, _): &(Link, Messages, Turn)| {
                    *of == link && !messages.is_empty()
                };
                if let Some(rest) = self.turns.iter().position(rest) {
                    self.turns.swap(0, rest);
                    self.is_urgent = true;
                    self.arrivals.push_front(Arrival { link, news: News::Gone });
                    return None;
                }
                self.connections.remove(&link);
                Some(Input::Disconnected(link))
            }
            News::Received(messages, turn) => {
                self.turns.push_back((link, messages, turn));
                None
            }
        }
    }

    /// Notes who somebody says they are, until they prove it.
    fn note_claim(&mut self, link: Link, message: &Result<Message, Garbage>) {
        if let Ok(Message::SessionRequest(request)) = message
            && let Some(connection) = self.connections.get_mut(&link)
            && !connection.line.is_proved()
        {
            connection.claims = Some(Box::new(request.identity));
        }
    }

    /// Learns from what the node says how the session stands.
    fn overhear(&mut self, link: Link, frame: &Frame) {
        let Some(connection) = self.connections.get_mut(&link) else { return };
        connection.is_blamed = false;
        let Frame::Text(text) = frame else { return };
        let is_telling =
            text.starts_with(r#"{"type":"error""#) || text.starts_with(r#"{"type":"provides""#);
        if !is_telling || text.len() > SHORT {
            return;
        }
        match Message::decode_text(text) {
            Ok(Message::Error { code, .. }) => {
                self.office.tally.refuse(code);
                connection.is_blamed = is_fault(code);
            }
            // Said exactly once: when both sides have proved themselves.
            Ok(Message::Provides { .. }) => {
                if let Some(identity) = connection.claims.take() {
                    connection.line.prove(*identity, &self.office.tally);
                }
            }
            _ => (),
        }
    }

    /// Looks after the connections: who is silent for long is asked, and cut off at last. One look at
    /// all of them from time to time costs less than an alarm for each.
    fn look_after(&mut self) {
        let limits = &self.office.limits;
        let every = (limits.ping_every.min(limits.silence) / 4).min(BEAT);
        self.next_beat = Instant::now() + every;
        let beat = self.office.beat.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        let beats = |span: Duration| span.as_millis().div_ceil(every.as_millis().max(1)).max(1);
        let (ping, silence) = (beats(limits.ping_every), beats(limits.silence));
        for connection in self.connections.values() {
            let line = &connection.line;
            let idle = u128::from(beat.wrapping_sub(line.heard.load(Ordering::Relaxed)));
            if idle > silence {
                if line.outbox.ended().is_none() {
                    self.office.tally.silent.add(1);
                }
                line.end(Reason::Silent);
            } else if idle > 0 && idle.is_multiple_of(ping) && line.is_accepted() {
                line.outbox.ping();
                line.waker.wake();
            }
        }
    }
}

/// Whether a refusal of this kind, when it is the last word, means that somebody did wrong.
const fn is_fault(code: ErrorCode) -> bool {
    match code {
        ErrorCode::Forbidden | ErrorCode::Malformed | ErrorCode::TooMuch | ErrorCode::Untrusted => {
            true
        }
        ErrorCode::EntryQuota
        | ErrorCode::Full
        | ErrorCode::NotFound
        | ErrorCode::Offline
        | ErrorCode::Version => false,
    }
}

impl World for NativeWorld {
    fn now(&self) -> Time {
        now()
    }

    fn at_hand(&mut self) -> Option<Input> {
        self.ready()
    }

    async fn next(&mut self) -> Option<Input> {
        loop {
            if let Some(input) = self.ready() {
                return Some(input);
            }
            let beat = self.next_beat.saturating_duration_since(Instant::now());
            let left = self.wake_at.map_or(beat, |time| Duration::from_millis(time.since(now()).0));
            tokio::select! {
                () = self.office.inbox.rung() => (),
                () = sleep(left.min(beat)) => (),
            }
        }
    }

    fn close(&mut self, link: Link) {
        if let Some(connection) = self.connections.remove(&link)
            && connection.is_blamed
        {
            connection.line.blame();
        }
    }

    fn dial(&mut self, link: Link, origin: String) {
        let line = Arc::new(Line::new(link, self.office.limits.unsent_bytes, None));
        line.heard.store(self.office.beat.load(Ordering::Relaxed), Ordering::Relaxed);
        self.connections.insert(link, Connection::new(Arc::clone(&line)));
        let office = Arc::clone(&self.office);
        self.runtime.spawn(async move {
            let opening = timeout(office.limits.dial, dial(origin.clone()));
            let opened = tokio::select! {
                opened = opening => opened.ok().and_then(Result::ok),
                () = line.is_ended() => None,
            };
            let binding = Binding::Origin(origin);
            let news = if opened.is_some() { News::Dialled(binding) } else { News::Gone };
            if office.inbox.tell(link, news).is_ok()
                && let Some(socket) = opened
            {
                connection::run(socket, &line, &office).await;
            }
        });
    }

    fn fence(&mut self, _fence: &Fence) {}

    fn fenced(&self) -> Option<Fence> {
        None
    }

    fn reset(&mut self) {
        self.connections.clear();
        self.turns.clear();
        self.is_urgent = false;
        self.pending.clear();
        self.wake_at = None;
        let mut arrivals = std::mem::take(&mut self.arrivals);
        loop {
            for arrival in arrivals.drain(..) {
                if let News::Accepted(_, line) = arrival.news {
                    line.end(Reason::Done);
                }
            }
            self.office.inbox.take(&mut arrivals);
            if arrivals.is_empty() {
                return;
            }
        }
    }

    fn rtc(&mut self, link: Link, _action: RtcAction) {
        self.pending.push_back(Input::Disconnected(link));
    }

    fn send(&mut self, link: Link, frame: Frame) {
        self.overhear(link, &frame);
        let Some(connection) = self.connections.get(&link) else { return };
        let pushed = connection.line.outbox.push(frame);
        connection.line.waker.wake();
        if pushed.is_err() {
            self.office.tally.slow.add(1);
            self.connections.remove(&link);
            self.pending.push_back(Input::Disconnected(link));
        }
    }

    fn wake_at(&mut self, time: Time) {
        self.wake_at = Some(time);
    }
}

impl Drop for NativeWorld {
    fn drop(&mut self) {
        // Those who were let in come back when the program does: not all in the same moment.
        let sessions = self.office.tally.sessions.count();
        let spread = u32::try_from(sessions).unwrap_or(u32::MAX).saturating_mul(SPREAD_EACH);
        let farewell = Message::Away { spread: spread.min(SPREAD_MOST) }.encode();
        for connection in self.connections.values() {
            if connection.line.is_accepted() && connection.line.is_proved() {
                // Who reads so slowly that it does not fit comes back when they please.
                let _ = connection.line.outbox.push(farewell.clone());
            }
            connection.line.end(Reason::Away);
        }
        self.office.inbox.close();
    }
}

/// The time of the system's clock; the beginning of 1970 where it stands before that.
#[allow(clippy::disallowed_methods, reason = "this is where the clock comes in")]
pub fn now() -> Time {
    let since = std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
