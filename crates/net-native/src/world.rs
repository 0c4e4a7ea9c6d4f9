//! The world as the engine sees it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use effigy_core::Time;
use effigy_engine::World;
use effigy_proto::{Binding, ErrorCode, Fence, Frame, Input, Link, Message, Path, RtcAction};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::time::{sleep, timeout};

use crate::connection::{self, Arrival, Line, News, Office};
use crate::dial::dial;
use crate::gate::Gate;
use crate::limits::{ARRIVALS, Limits};
use crate::socket::Reason;
use crate::tally::Tally;

/// How long the clock is not looked at: it may be put forward meanwhile.
const LOOK: Duration = Duration::from_secs(30);
/// How long messages may be that tell how a session stands.
const SHORT: usize = 256;

/// The network and the clock of a native program. It keeps no fence: that is for persons' devices,
/// and here for hubs and for tests.
pub struct NativeWorld {
    arrivals: mpsc::Receiver<Arrival>,
    connections: BTreeMap<Link, Connection>,
    /// The message that the node is dealing with.
    in_hand: Option<OwnedSemaphorePermit>,
    office: Office,
    /// What is to be told before anything else.
    pending: VecDeque<Input>,
    runtime: Handle,
    wake_at: Option<Time>,
}

/// A connection that the node knows. Closed when dropped.
struct Connection {
    /// The last that was said on it was that the other side did wrong.
    is_blamed: bool,
    line: Arc<Line>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.line.outbox.end(if self.is_blamed { Reason::Rules } else { Reason::Done });
    }
}

impl NativeWorld {
    /// A world without connections, whose tasks run on `runtime`; and the entrance to it.
    pub fn new(runtime: Handle, limits: Limits, tally: Arc<Tally>) -> (Self, Gate) {
        let (sender, arrivals) = mpsc::channel(ARRIVALS);
        let office = Office { arrivals: sender, limits: Arc::new(limits), tally };
        let gate = Gate::new(office.clone());
        let world = Self {
            arrivals,
            connections: BTreeMap::new(),
            in_hand: None,
            office,
            pending: VecDeque::new(),
            runtime,
            wake_at: None,
        };
        (world, gate)
    }

    /// Makes of an arrival what the engine is told. What comes of connections that were closed here
    /// is passed over.
    fn take(&mut self, arrival: Arrival) -> Option<Input> {
        let Arrival { link, news, turn } = arrival;
        if let News::Accepted(binding, line) = news {
            self.connections.insert(link, Connection { is_blamed: false, line });
            return Some(Input::Connected { binding, dialled: false, link, path: Path::Hub });
        }
        if !self.connections.contains_key(&link) {
            return None;
        }
        self.in_hand = turn;
        match news {
            News::Accepted(..) => None,
            News::Dialled(binding) => {
                Some(Input::Connected { binding, dialled: true, link, path: Path::Hub })
            }
            News::Drained => Some(Input::Drained(link)),
            News::Gone => {
                self.connections.remove(&link);
                Some(Input::Disconnected(link))
            }
            News::Received(message) => Some(Input::Received(link, message)),
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
            Ok(Message::Provides { .. }) => connection.line.prove(&self.office.tally),
            _ => (),
        }
    }
}

/// Whether a refusal of this kind, when it is the last word, means that somebody did wrong.
const fn is_fault(code: ErrorCode) -> bool {
    match code {
        ErrorCode::Forbidden | ErrorCode::Malformed | ErrorCode::TooMuch | ErrorCode::Untrusted => {
            true
        }
        ErrorCode::NotFound | ErrorCode::Offline | ErrorCode::Version => false,
    }
}

impl World for NativeWorld {
    fn now(&self) -> Time {
        now()
    }

    async fn next(&mut self) -> Option<Input> {
        self.in_hand = None;
        loop {
            if let Some(input) = self.pending.pop_front() {
                return Some(input);
            }
            if self.wake_at.is_some_and(|time| time <= now()) {
                self.wake_at = None;
                return Some(Input::Tick);
            }
            let left = self.wake_at.map_or(LOOK, |time| Duration::from_millis(time.since(now()).0));
            tokio::select! {
                arrival = self.arrivals.recv() => {
                    if let Some(input) = self.take(arrival?) {
                        return Some(input);
                    }
                }
                () = sleep(left.min(LOOK)) => (),
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
        self.connections.insert(link, Connection { is_blamed: false, line: Arc::clone(&line) });
        let office = self.office.clone();
        self.runtime.spawn(async move {
            let opening = timeout(office.limits.dial, dial(origin.clone()));
            let opened = tokio::select! {
                opened = opening => opened.ok().and_then(Result::ok),
                _ = line.outbox.is_ended() => None,
            };
            let binding = Binding::Origin(origin);
            let news = if opened.is_some() { News::Dialled(binding) } else { News::Gone };
            if office.tell(link, news).await.is_ok()
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
        self.in_hand = None;
        self.pending.clear();
        self.wake_at = None;
        while let Ok(arrival) = self.arrivals.try_recv() {
            if let News::Accepted(_, line) = arrival.news {
                line.outbox.end(Reason::Done);
            }
        }
    }

    fn rtc(&mut self, link: Link, _action: RtcAction) {
        self.pending.push_back(Input::Disconnected(link));
    }

    fn send(&mut self, link: Link, frame: Frame) {
        self.overhear(link, &frame);
        let Some(connection) = self.connections.get(&link) else { return };
        if connection.line.outbox.push(frame).is_err() {
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
        for connection in self.connections.values() {
            connection.line.outbox.end(Reason::Away);
        }
    }
}

/// The time of the system's clock; the beginning of 1970 where it stands before that.
#[allow(clippy::disallowed_methods, reason = "this is where the clock comes in")]
pub fn now() -> Time {
    let since = std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
