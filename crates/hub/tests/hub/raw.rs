//! A peer that can be made to lie: a real node's words over a bare WebSocket.

use std::time::Duration;

use effigy_core::random::Random;
use effigy_core::seal::{SealingSecret, seal_letter};
use effigy_core::{Cid, Identity, Purpose, Time};
use effigy_net_native::now;
use effigy_proto::{
    Binding, Command, Config, ErrorCode, Event, Frame, Input, Keys, Link, Message, Node, Output,
    Path, Role, RtcAction, RtcEvent, Ticket,
};
use effigy_store::{MemoryStore, Store};
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message as Wire;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::support::Hub;

const PATIENCE: Duration = Duration::from_secs(10);
const LINK: Link = Link(1);

/// A bare WebSocket to a hub.
pub(crate) struct Raw(pub(crate) WebSocketStream<TcpStream>);

/// A node whose every word passes through the test's hands.
pub(crate) struct Puppet {
    pub(crate) events: Vec<Event>,
    keys: Keys,
    node: Node,
    /// What it asked of WebRTC.
    pub(crate) rtc: Vec<(Link, RtcAction)>,
    store: MemoryStore,
}

impl Raw {
    /// Connects, or gives the status with which the hub refused; 0 when there is none any more.
    pub(crate) async fn try_dial(hub: &Hub, headers: &[(&'static str, &str)]) -> Result<Self, u16> {
        let stream = TcpStream::connect(("127.0.0.1", hub.port)).await.map_err(|_| 0_u16)?;
        let mut request =
            format!("{}/ws", hub.address.replacen("http", "ws", 1)).into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        match client_async(request, stream).await {
            Ok((socket, _)) => Ok(Self(socket)),
            Err(tokio_tungstenite::tungstenite::Error::Http(answer)) => {
                Err(answer.status().as_u16())
            }
            Err(_) => Err(0),
        }
    }

    pub(crate) async fn dial(hub: &Hub) -> Self {
        Self::try_dial(hub, &[]).await.unwrap()
    }

    /// Sends a frame; the hub may have closed already.
    pub(crate) async fn send(&mut self, frame: Frame) {
        let wire = match frame {
            Frame::Binary(bytes) => Wire::Binary(bytes.into()),
            Frame::Text(text) => Wire::Text(text.into()),
        };
        let _ = self.0.send(wire).await;
    }

    pub(crate) async fn say(&mut self, message: &Message) {
        self.send(message.encode()).await;
    }

    /// The next message; `None` when the hub has closed.
    pub(crate) async fn hear(&mut self) -> Option<Message> {
        loop {
            let next = timeout(PATIENCE, self.0.next()).await.expect("a message or the end");
            return match next {
                Some(Ok(Wire::Text(text))) => Some(Message::decode_text(&text).unwrap()),
                Some(Ok(Wire::Binary(bytes))) => Some(Message::decode_binary(&bytes).unwrap()),
                Some(Ok(Wire::Ping(_) | Wire::Pong(_) | Wire::Frame(_))) => continue,
                Some(Ok(Wire::Close(_)) | Err(_)) | None => None,
            };
        }
    }

    /// Skips everything until an error, and gives its code; `None` when the hub closed before.
    pub(crate) async fn hear_error(&mut self) -> Option<ErrorCode> {
        loop {
            if let Message::Error { code, .. } = self.hear().await? {
                return Some(code);
            }
        }
    }

    /// Everything that the hub says before it answers a ping: what it would have said by now.
    pub(crate) async fn hear_until_pong(&mut self) -> Vec<Message> {
        self.say(&Message::Ping).await;
        let mut heard = Vec::new();
        while let Some(message) = self.hear().await {
            if message == Message::Pong {
                return heard;
            }
            heard.push(message);
        }
        panic!("the hub closed; before it said {heard:?}");
    }

    /// Reads on until the hub closes, and says whether it does.
    pub(crate) async fn is_closed(&mut self) -> bool {
        let end = async { while self.hear().await.is_some() {} };
        timeout(PATIENCE, end).await.is_ok()
    }
}

impl Puppet {
    /// Somebody without an account's feed, unless they [`begin`](Puppet::begin).
    pub(crate) async fn new() -> Self {
        Self::live(vec![]).await
    }

    /// The same, who knows that the connection is to a hub where others can be met.
    pub(crate) async fn with_hub(origin: &str) -> Self {
        Self::live(vec![origin.to_owned()]).await
    }

    async fn live(hubs: Vec<String>) -> Self {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).unwrap();
        Self::with(Keys::for_account(seed).unwrap(), hubs).await
    }

    async fn with(keys: Keys, hubs: Vec<String>) -> Self {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).unwrap();
        let config = Config { fence: None, keys: keys.clone(), hubs, role: Role::Person, seed };
        let mut node = Node::new(config);
        node.start(now());
        let mut puppet =
            Self { events: Vec::new(), keys, node, rtc: Vec::new(), store: MemoryStore::new() };
        puppet.drain().await;
        puppet
    }

    pub(crate) fn device(&self) -> Identity {
        self.keys.device.identity()
    }

    /// A letter to a device, sealed with so many bytes that nobody can read.
    pub(crate) fn letter_to(&self, to: Identity, n_bytes: usize) -> Message {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).unwrap();
        let key = SealingSecret::from_bytes(seed).key().unwrap();
        let mut random = Random::seeded(seed);
        let text = vec![7; n_bytes];
        let letter = seal_letter(&text, &self.keys.device, to, &key, now(), &mut random).unwrap();
        Message::MessageTo { letter }
    }

    pub(crate) fn synod(&self) -> Identity {
        self.keys.synod.unwrap()
    }

    /// The first entry of the account, as it stands in messages.
    pub(crate) fn own_entry(&self) -> String {
        let known = self.events.iter().find_map(|event| match event {
            Event::Entries(known) => known.first(),
            _ => None,
        });
        String::from_utf8(known.unwrap().entry.bytes().to_vec()).unwrap()
    }

    /// A first entry of the device's feed, truly signed, with exactly so many bytes.
    pub(crate) fn entry_of_length(&self, length: usize) -> String {
        let (device, synod) = (self.device(), self.synod());
        let name = Cid::of(b"anything");
        let header = |fill: usize| {
            format!(
                "{{\"comparable\":1,\"ext\":{{\"fill\":\"{}\"}},\"generation\":0,\
                 \"identity\":\"{device}\",\"parents\":[],\
                 \"payload\":{{\"cid\":\"{name}\",\"size\":8,\"type\":\"public_note\"}},\
                 \"synod\":[\"{synod}\",\"{name}\"],\"v\":1}}",
                "x".repeat(fill)
            )
        };
        // A newline and a signature of 86 letters come behind it.
        let header = header(length - 87 - header(0).len());
        let signature = self.keys.device.sign(Purpose::Entry, header.as_bytes());
        format!("{header}\n{signature}")
    }

    /// Gives the node an account.
    pub(crate) async fn begin(&mut self) {
        let (device_name, name) = ("puppet".to_owned(), "Puppet".to_owned());
        self.command(Command::Begin { device_name, name, picture: None, ticket: Ticket(1) }).await;
    }

    pub(crate) async fn command(&mut self, command: Command) -> Vec<Frame> {
        self.input(Input::Command(command)).await
    }

    /// What the node says when it has dialled.
    pub(crate) async fn connect(&mut self, origin: &str) -> Vec<Frame> {
        let binding = Binding::Origin(origin.to_owned());
        self.input(Input::Connected { binding, dialled: true, link: LINK, path: Path::Hub }).await
    }

    /// What the node says to a message.
    pub(crate) async fn answer(&mut self, message: Message) -> Vec<Frame> {
        self.input(Input::Received(LINK, Ok(message))).await
    }

    /// What the node says when time has gone by.
    pub(crate) async fn tick(&mut self) -> Vec<Frame> {
        self.input(Input::Tick).await
    }

    /// What the node says to what WebRTC made.
    pub(crate) async fn rtc_event(&mut self, link: Link, event: RtcEvent) -> Vec<Frame> {
        self.input(Input::Rtc(link, event)).await
    }

    /// How many events there were that are more than the state of the network.
    pub(crate) fn n_news(&self) -> usize {
        self.events.iter().filter(|event| !matches!(event, Event::Network(_))).count()
    }

    async fn input(&mut self, input: Input) -> Vec<Frame> {
        self.node.handle(input, self.time());
        self.drain().await
    }

    fn time(&self) -> Time {
        now()
    }

    async fn drain(&mut self) -> Vec<Frame> {
        let mut frames = Vec::new();
        while let Some(output) = self.node.poll() {
            match output {
                Output::Emit(event) => self.events.push(event),
                Output::Load(load, key) => {
                    let found = self.store.read(key).await.unwrap();
                    self.node.handle(Input::Loaded(load, found), self.time());
                }
                Output::Rtc(link, action) => self.rtc.push((link, action)),
                Output::Save(batch) => self.store.apply(batch).await.unwrap(),
                Output::Send(_, frame) => {
                    if matches!(frame, Frame::Binary(_)) {
                        self.node.handle(Input::Drained(LINK), self.time());
                    }
                    frames.push(frame);
                }
                _ => (),
            }
        }
        frames
    }

    /// The same, with a hub that may go away meanwhile.
    pub(crate) async fn try_open(&mut self, hub: &Hub) -> Option<Raw> {
        let mut raw = Raw::try_dial(hub, &[]).await.ok()?;
        for frame in self.connect(&hub.address).await {
            raw.send(frame).await;
        }
        loop {
            let heard = raw.hear().await?;
            let enough = matches!(heard, Message::Provides { .. });
            for frame in self.answer(heard).await {
                raw.send(frame).await;
            }
            if enough {
                return Some(raw);
            }
        }
    }

    /// Dials a hub and opens a session.
    pub(crate) async fn open(&mut self, hub: &Hub) -> Raw {
        let mut raw = Raw::dial(hub).await;
        for frame in self.connect(&hub.address).await {
            raw.send(frame).await;
        }
        self.talk(&mut raw, |frame| frame, |heard| matches!(heard, Message::Provides { .. })).await;
        raw
    }

    /// Lets the node talk, changing what it says, until something is heard. That too is answered.
    pub(crate) async fn talk(
        &mut self,
        raw: &mut Raw,
        mut change: impl FnMut(Frame) -> Frame,
        mut is_enough: impl FnMut(&Message) -> bool,
    ) {
        loop {
            let heard = raw.hear().await.expect("the hub goes on");
            let enough = is_enough(&heard);
            for frame in self.answer(heard).await {
                raw.send(change(frame)).await;
            }
            if enough {
                return;
            }
        }
    }
}

/// A session of a device of no account, for whom little has to be reckoned: where many are needed.
pub(crate) async fn silent_session(hub: &Hub) -> Raw {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).unwrap();
    Puppet::with(Keys::for_hub(seed), vec![]).await.open(hub).await
}

/// A session of somebody new, opened the honest way.
pub(crate) async fn session(hub: &Hub) -> (Raw, Identity) {
    let mut puppet = Puppet::new().await;
    (puppet.open(hub).await, puppet.device())
}
