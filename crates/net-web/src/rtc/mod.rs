//! A WebRTC connection to another device: one ordered, reliable data channel.
//!
//! What it takes to open one is a conversation of promises, so each connection has a small routine
//! of its own ([`steps`]) that the world moves on while it waits for something to arrive.

mod channel;
mod path;
mod sdp;
mod steps;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use effigy_proto::{Frame, Input, Link, RtcAction, RtcEvent};
use effigy_worker::Listener;
use futures_channel::mpsc::{self, Sender};
use futures_util::FutureExt as _;
use futures_util::future::{AbortHandle, LocalBoxFuture, abortable};
use gloo_timers::callback::Timeout;
use js_sys::Array;
use wasm_bindgen::JsCast;
use web_sys::{
    RtcBundlePolicy, RtcConfiguration, RtcDataChannelEvent, RtcIceServer, RtcPeerConnection,
    RtcPeerConnectionIceEvent, RtcPeerConnectionState,
};

use crate::inbox::Inbox;
use channel::Channel;
use steps::{Step, Steps};

/// Most steps of one connection that wait to be done; the other side's candidates are most of them.
const STEPS: usize = 64;
/// How long a connection may be cut before it counts as lost, in milliseconds.
const PATIENCE: u32 = 10_000;

/// A server that helps two devices find a way to each other (STUN), or is the way (TURN).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct IceServer {
    /// The password, for TURN.
    pub credential: Option<String>,
    /// Where it is: `stun:…`, `turn:…` or `turns:…`.
    pub url: String,
    /// The user's name, for TURN.
    pub username: Option<String>,
}

/// The channel of a connection, once there is one.
type Slot = Rc<RefCell<Option<Channel>>>;

/// A connection to another device, open or on its way. Closed when dropped.
pub(crate) struct Peer {
    abort: AbortHandle,
    connection: RtcPeerConnection,
    _listeners: [Listener; 3],
    slot: Slot,
    steps: Sender<Step>,
}

impl Peer {
    /// Begins a connection. The future moves it on, and ends with it. `None` where the browser has
    /// no WebRTC.
    pub(crate) fn new(
        link: Link,
        servers: &[IceServer],
        inbox: &Inbox,
    ) -> Option<(Self, LocalBoxFuture<'static, ()>)> {
        let connection = RtcPeerConnection::new_with_configuration(&configuration(servers)).ok()?;
        let slot = Slot::default();
        let (steps, receiver) = mpsc::channel(STEPS);
        let listeners = [
            on_candidate(&connection, steps.clone()),
            on_state(&connection, link, inbox.clone()),
            on_channel(&connection, link, inbox.clone(), Rc::clone(&slot), steps.clone()),
        ];
        let routine = Steps {
            connection: connection.clone(),
            inbox: inbox.clone(),
            link,
            sender: steps.clone(),
            slot: Rc::clone(&slot),
        };
        let (routine, abort) = abortable(routine.run(receiver));
        let peer = Self { abort, connection, _listeners: listeners, slot, steps };
        Some((peer, routine.map(drop).boxed_local()))
    }

    /// Does an action when those before it are done. Says whether there was room for it; of
    /// candidates a few may well be missing.
    pub(crate) fn act(&mut self, action: RtcAction) -> bool {
        let is_candidate = matches!(action, RtcAction::Candidate { .. });
        self.steps.try_send(Step::Act(action)).is_ok() || is_candidate
    }

    /// Sends a frame; nothing where the channel is not open yet. See [`Channel::send`].
    pub(crate) fn send(&self, frame: Frame) -> Result<usize, channel::Cut> {
        self.slot.borrow_mut().as_mut().map_or(Ok(0), |channel| channel.send(frame))
    }

    /// Whether so much waits to be sent that the other side is not to ask for more.
    pub(crate) fn is_full(&self) -> bool {
        self.slot.borrow().as_ref().is_some_and(Channel::is_full)
    }

    /// Hands over what has waited for room. See [`Channel::flush`].
    pub(crate) fn flush(&self) -> Result<usize, channel::Cut> {
        self.slot.borrow_mut().as_mut().map_or(Ok(0), Channel::flush)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.abort.abort();
        self.slot.take();
        self.connection.close();
    }
}

fn configuration(servers: &[IceServer]) -> RtcConfiguration {
    let configuration = RtcConfiguration::new();
    configuration.set_bundle_policy(RtcBundlePolicy::MaxBundle);
    let list = Array::new();
    for server in servers {
        let entry = RtcIceServer::new();
        entry.set_urls_str(&server.url);
        if let Some(username) = &server.username {
            entry.set_username(username);
        }
        if let Some(credential) = &server.credential {
            entry.set_credential(credential);
        }
        list.push(&entry);
    }
    configuration.set_ice_servers(&list);
    configuration
}

/// Passes on each address at which this side may be reached.
fn on_candidate(connection: &RtcPeerConnection, mut steps: Sender<Step>) -> Listener {
    Listener::new(connection, "icecandidate", move |event| {
        let event = event.dyn_into::<RtcPeerConnectionIceEvent>().ok();
        let Some(candidate) = event.and_then(|event| event.candidate()) else { return };
        let (Some(mid), Some(line)) = (candidate.sdp_mid(), candidate.sdp_m_line_index()) else {
            return;
        };
        let candidate = candidate.candidate();
        // An empty one only says that there are no more.
        if !candidate.is_empty() {
            let found = RtcEvent::Candidate { candidate, line, mid };
            // A device has a handful of addresses; should the line be full, it does without this.
            let _ = steps.try_send(Step::Tell(found));
        }
    })
}

/// Notices the end of the connection.
fn on_state(connection: &RtcPeerConnection, link: Link, inbox: Inbox) -> Listener {
    let watched = connection.clone();
    let patience: Cell<Option<Timeout>> = Cell::new(None);
    Listener::new(connection, "connectionstatechange", move |_| match watched.connection_state() {
        RtcPeerConnectionState::Closed | RtcPeerConnectionState::Failed => inbox.closed(link),
        RtcPeerConnectionState::Disconnected => {
            let inbox = inbox.clone();
            patience.set(Some(Timeout::new(PATIENCE, move || inbox.closed(link))));
        }
        _ => patience.set(None),
    })
}

/// Takes the one channel that the other side opens. Every other is closed.
fn on_channel(
    connection: &RtcPeerConnection,
    link: Link,
    inbox: Inbox,
    slot: Slot,
    steps: Sender<Step>,
) -> Listener {
    Listener::new(connection, "datachannel", move |event| {
        let Ok(event) = event.dyn_into::<RtcDataChannelEvent>() else { return };
        let offered = event.channel();
        let mut slot = slot.borrow_mut();
        if slot.is_some() || offered.label() != channel::LABEL {
            offered.close();
            return;
        }
        *slot = Some(Channel::new(offered, link, &inbox, steps::opener(steps.clone())));
    })
}

impl Inbox {
    /// Passes on what the other side must know to reach this one.
    fn tell(&self, link: Link, event: RtcEvent) {
        self.news(link, Input::Rtc(link, event));
    }
}
