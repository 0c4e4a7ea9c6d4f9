//! The world as the engine sees it.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::task::{Context, Poll};

use effigy_core::Time;
use effigy_engine::World;
use effigy_proto::{Fence, Frame, Garbage, Input, Link, Message, RtcAction};
use effigy_worker::Pool;
use futures_util::StreamExt as _;
use futures_util::future::LocalBoxFuture;
use futures_util::stream::FuturesUnordered;
use js_sys::Uint8Array;

use crate::alarm::Alarm;
use crate::fence::{Note, Record};
use crate::inbox::{Arrival, Check, Inbox};
use crate::platform;
use crate::rtc::{IceServer, Peer};
use crate::turn::Turn;
use crate::websocket::Socket;

/// How often a buffer that is too full is looked at, in milliseconds: a WebSocket does not say when
/// it has drained.
const LOOK: u64 = 10;

/// A connection of either kind.
enum Connection {
    Peer(Peer),
    Socket(Socket),
}

/// The network, the clock and the fence of a page.
pub struct WebWorld {
    connections: BTreeMap<Link, Connection>,
    /// Where the fence is written down.
    fence: Note,
    inbox: Inbox,
    /// Rings when the buffers of sockets are to be looked at.
    look: Alarm,
    routines: FuturesUnordered<LocalBoxFuture<'static, ()>>,
    servers: Vec<IceServer>,
    turn: Turn,
    wake: Alarm,
    wake_at: Option<Time>,
}

/// Ends the engine of a world from outside, after what it is doing. Copies do the same.
#[derive(Clone)]
pub struct Stopper(Inbox);

impl Stopper {
    /// Ends the engine: its store has done what was asked before, and every connection closes.
    pub fn stop(&self) {
        self.0.stop();
    }
}

impl WebWorld {
    /// A world without connections, which will find ways to other devices by these servers, has long
    /// messages checked by these workers, and writes the fence down here.
    pub fn new(servers: Vec<IceServer>, pool: Pool, fence: Note) -> Self {
        let inbox = Inbox::new(pool);
        Self {
            connections: BTreeMap::new(),
            fence,
            look: Alarm::new(inbox.clone()),
            routines: FuturesUnordered::new(),
            servers,
            turn: Turn::new(inbox.clone()),
            wake: Alarm::new(inbox.clone()),
            wake_at: None,
            inbox,
        }
    }

    /// A way to end the engine that will own this.
    pub fn stopper(&self) -> Stopper {
        Stopper(self.inbox.clone())
    }

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Input>> {
        self.inbox.listen(context.waker());
        if self.inbox.is_stopped() {
            return Poll::Ready(None);
        }
        while let Poll::Ready(Some(())) = self.routines.poll_next_unpin(context) {}
        self.look_at_buffers();
        if self.is_time() {
            self.wake_at = None;
            return Poll::Ready(Some(Input::Tick));
        }
        while let Some((link, arrival)) = self.inbox.pop() {
            if let Some(input) = self.open(link, arrival) {
                return Poll::Ready(Some(input));
            }
        }
        Poll::Pending
    }

    /// Makes of an arrival what the engine is told. Here messages are decoded, and the signatures
    /// in them checked, unless a worker has done that.
    fn open(&mut self, link: Link, arrival: Arrival) -> Option<Input> {
        match arrival {
            Arrival::Binary(buffer) => {
                let bytes = Uint8Array::new(&buffer).to_vec();
                Some(Input::Received(link, Message::decode_binary(&bytes)))
            }
            Arrival::Closed => {
                self.close(link);
                Some(Input::Disconnected(link))
            }
            Arrival::Flooded => {
                self.blame(link, "too much at once");
                self.close(link);
                Some(Input::Disconnected(link))
            }
            Arrival::Low => {
                if let Some(Connection::Peer(peer)) = self.connections.get(&link) {
                    let left = peer.flush().ok();
                    self.inbox.hold(link, peer.is_full());
                    self.drained(link, left);
                }
                None
            }
            Arrival::News(input) => Some(input),
            Arrival::Refused => {
                self.blame(link, "message too long");
                Some(Input::Received(link, Err(Garbage::TooLong)))
            }
            Arrival::Text(text, check) => {
                let found = match check {
                    Check::Found(found) => {
                        Message::decode_checked(&Uint8Array::new(&found).to_vec())
                    }
                    Check::Due | Check::Handed(_) | Check::Here => None,
                };
                let message = found.unwrap_or_else(|| Message::decode_text(&String::from(text)));
                Some(Input::Received(link, message))
            }
        }
    }

    fn blame(&mut self, link: Link, reason: &'static str) {
        if let Some(Connection::Socket(socket)) = self.connections.get_mut(&link) {
            socket.blame(reason);
        }
    }

    /// Whether the moment of the next tick has come: by the timer, or by a clock that was put
    /// forward, or that went on while the device slept.
    fn is_time(&mut self) -> bool {
        self.wake.take() || self.wake_at.is_some_and(|time| time <= platform::now())
    }

    fn look_at_buffers(&mut self) {
        if !self.look.take() {
            return;
        }
        let mut told = Vec::new();
        let mut is_draining = false;
        for (link, connection) in &mut self.connections {
            if let Connection::Socket(socket) = connection {
                told.push((*link, socket.left()));
                let is_full = socket.is_full();
                self.inbox.hold(*link, is_full);
                is_draining |= is_full || socket.is_draining();
            }
        }
        for (link, left) in told {
            self.drained(link, Some(left));
        }
        if is_draining {
            self.look.set(LOOK);
        }
    }

    /// Tells the engine that so many frames have left; or, with `None`, that nothing leaves any
    /// more.
    fn drained(&self, link: Link, left: Option<usize>) {
        match left {
            Some(left) => (0..left).for_each(|_| self.inbox.news(link, Input::Drained(link))),
            None => self.inbox.closed(link),
        }
    }

    /// Holds a new connection, or tells that there is none to be had.
    fn hold(&mut self, link: Link, connection: Option<Connection>) {
        match connection {
            Some(connection) => {
                self.connections.insert(link, connection);
            }
            None => self.inbox.closed(link),
        }
    }
}

impl World for WebWorld {
    fn now(&self) -> Time {
        platform::now()
    }

    async fn next(&mut self) -> Option<Input> {
        self.turn.breathe().await;
        let mut waited = false;
        let input = poll_fn(|context| {
            let polled = self.poll_next(context);
            waited |= polled.is_pending();
            polled
        })
        .await;
        if waited {
            self.turn.begin();
        }
        input
    }

    async fn breathe(&mut self) {
        self.turn.breathe().await;
    }

    fn close(&mut self, link: Link) {
        self.connections.remove(&link);
        self.inbox.remove(link);
    }

    fn dial(&mut self, link: Link, origin: String) {
        self.inbox.add(link);
        let socket = Socket::open(link, &origin, &self.inbox);
        self.hold(link, socket.map(Connection::Socket));
    }

    fn fence(&mut self, fence: &Fence) {
        // Where the browser keeps nothing beside the store, there is no fence; the start says so.
        self.fence.write(fence);
    }

    fn fenced(&self) -> Option<Fence> {
        match self.fence.read() {
            Record::Present(fence) => Some(fence),
            _ => None,
        }
    }

    fn reset(&mut self) {
        self.connections.clear();
        self.inbox.clear();
        self.routines.clear();
        self.look.clear();
        self.wake.clear();
        self.wake_at = None;
    }

    fn rtc(&mut self, link: Link, action: RtcAction) {
        let begins = matches!(action, RtcAction::Answer { .. } | RtcAction::Offer);
        if begins && !self.connections.contains_key(&link) {
            self.inbox.add(link);
            let begun = Peer::new(link, &self.servers, &self.inbox).map(|(peer, routine)| {
                self.routines.push(routine);
                Connection::Peer(peer)
            });
            self.hold(link, begun);
        }
        if let Some(Connection::Peer(peer)) = self.connections.get_mut(&link)
            && !peer.act(action)
        {
            self.inbox.closed(link);
        }
    }

    fn send(&mut self, link: Link, frame: Frame) {
        let (left, is_full) = match self.connections.get_mut(&link) {
            Some(Connection::Peer(peer)) => (peer.send(frame).ok(), peer.is_full()),
            Some(Connection::Socket(socket)) => {
                let left = socket.send(&frame).ok();
                let is_full = socket.is_full();
                if (is_full || socket.is_draining()) && !self.look.is_set() {
                    self.look.set(LOOK);
                }
                (left, is_full)
            }
            None => return,
        };
        if is_full {
            self.inbox.hold(link, true);
        }
        self.drained(link, left);
    }

    fn wake_at(&mut self, time: Time) {
        self.wake.set(time.since(platform::now()).0);
        self.wake_at = Some(time);
    }
}
