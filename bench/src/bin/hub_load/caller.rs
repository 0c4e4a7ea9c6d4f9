//! Somebody with a session at a hub: a real node opens it, then only the socket stays.

use std::time::Duration;

use effigy_bench::BenchError;
use effigy_core::random::Random;
use effigy_core::seal::{SealingSecret, seal_letter};
use effigy_core::{Identity, Secret};
use effigy_net_native::now;
use effigy_proto::{Binding, Config, Frame, Input, Keys, Link, Message, Node, Output, Path, Role};
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message as Wire;
use tokio_tungstenite::{WebSocketStream, client_async};

const LINK: Link = Link(1);
/// Longer than any answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A socket with an open session.
pub(crate) struct Caller {
    pub(crate) device: Secret,
    pub(crate) socket: Socket,
}

pub(crate) type Socket = WebSocketStream<TcpStream>;

/// Bytes that nobody knows.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], BenchError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| BenchError::Random)?;
    Ok(bytes)
}

/// Opens a WebSocket at this path.
pub(crate) async fn dial(origin: &str, path: &str) -> Result<Socket, BenchError> {
    let address = origin.trim_start_matches("http://").replace("localhost", "127.0.0.1");
    let stream = TcpStream::connect(address).await.map_err(|_| BenchError::Ended)?;
    stream.set_nodelay(true).map_err(|_| BenchError::Ended)?;
    let url = format!("{}{path}", origin.replacen("http", "ws", 1));
    client_async(url, stream).await.map(|(socket, _)| socket).map_err(|_| BenchError::Ended)
}

/// The next text; `None` when the other side has closed or says nothing for long.
pub(crate) async fn hear(socket: &mut Socket) -> Option<String> {
    loop {
        match timeout(PATIENCE, socket.next()).await.ok()?? {
            Ok(Wire::Text(text)) => return Some(text.as_str().to_owned()),
            Ok(Wire::Close(_)) | Err(_) => return None,
            Ok(_) => (),
        }
    }
}

pub(crate) async fn say(socket: &mut Socket, text: String) -> Result<(), BenchError> {
    socket.send(Wire::Text(text.into())).await.map_err(|_| BenchError::Ended)
}

/// A message as text.
pub(crate) fn text(message: &Message) -> String {
    match message.encode() {
        Frame::Text(text) => text,
        Frame::Binary(_) => String::new(),
    }
}

impl Caller {
    /// Opens a session at a hub, with keys and an account of its own.
    pub(crate) async fn come(origin: &str) -> Result<Self, BenchError> {
        Self::come_as(origin, random()?).await
    }

    /// Opens a session at a hub, with the keys and the account that follow from these bytes.
    pub(crate) async fn come_as(origin: &str, secret: [u8; 32]) -> Result<Self, BenchError> {
        let seed = random()?;
        let keys = Keys::for_account(secret)?;
        let device = keys.device.clone();
        let config = Config { fence: None, keys, hubs: Vec::new(), role: Role::Person, seed };
        let mut node = Node::new(config);
        node.start(now());
        said(&mut node);
        let mut socket = dial(origin, "/ws").await?;
        let binding = Binding::Origin(origin.to_owned());
        let connected = Input::Connected { binding, dialled: true, link: LINK, path: Path::Hub };
        node.handle(connected, now());
        loop {
            for text in said(&mut node) {
                say(&mut socket, text).await?;
            }
            let heard = hear(&mut socket).await.ok_or(BenchError::Ended)?;
            let message = Message::decode_text(&heard).map_err(|_| BenchError::Refused)?;
            match message {
                Message::Provides { .. } => break,
                Message::Error { .. } => return Err(BenchError::Refused),
                message => node.handle(Input::Received(LINK, Ok(message)), now()),
            }
        }
        Ok(Self { device, socket })
    }

    pub(crate) fn identity(&self) -> Identity {
        self.device.identity()
    }

    pub(crate) async fn say(&mut self, message: &Message) -> Result<(), BenchError> {
        say(&mut self.socket, text(message)).await
    }

    /// Waits for the answer to a ping, passing over everything else.
    pub(crate) async fn ping(&mut self) -> Result<(), BenchError> {
        self.say(&Message::Ping).await?;
        let pong = text(&Message::Pong);
        loop {
            if hear(&mut self.socket).await.ok_or(BenchError::Ended)? == pong {
                return Ok(());
            }
        }
    }

    /// A letter to somebody with so many bytes that nobody can read.
    pub(crate) fn letter(&self, to: Identity, bytes: usize) -> Result<String, BenchError> {
        let key = SealingSecret::from_bytes([7; 32]).key().map_err(|_| BenchError::Random)?;
        let mut random = Random::seeded([8; 32]);
        let letter = seal_letter(&vec![7; bytes], &self.device, to, &key, now(), &mut random)
            .map_err(|_| BenchError::Random)?;
        Ok(text(&Message::MessageTo { letter }))
    }
}

/// What a node has to say.
fn said(node: &mut Node) -> Vec<String> {
    let outputs = std::iter::from_fn(|| node.poll());
    outputs
        .filter_map(|output| match output {
            Output::Send(_, Frame::Text(text)) => Some(text),
            _ => None,
        })
        .collect()
}
