//! Two worlds and a wire between them: what a node is told, and what a connection may cost.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use effigy_core::limits::MESSAGE_BYTES;
use effigy_core::{Identity, Secret, Time};
use effigy_engine::World;
use effigy_proto::{Binding, ErrorCode, Frame, Garbage, Input, Link, Message, SessionRequest};
use futures_util::SinkExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::Message as Wire;
use tokio_tungstenite::{accept_async, client_async};

use crate::{Frames, Gate, Guest, Limits, NativeWorld, Rate, Tally, now};

const PATIENCE: Duration = Duration::from_secs(10);
/// The number of the dialler's connection.
const DIALLED: Link = Link(1);
/// The number of the first connection that is accepted.
const ACCEPTED: Link = Link(Link::ACCEPTED);

/// Counts what it is told.
#[derive(Clone, Default)]
struct Counting {
    guesses: Arc<AtomicUsize>,
    misbehaved: Arc<AtomicUsize>,
    proved: Arc<AtomicUsize>,
}

impl Guest for Counting {
    fn charge(&self, _n_messages: u32) -> Duration {
        Duration::ZERO
    }

    fn may_guess(&self) -> bool {
        self.guesses.fetch_add(1, Ordering::Relaxed) < 2
    }

    fn misbehaved(&self) {
        self.misbehaved.fetch_add(1, Ordering::Relaxed);
    }

    fn proved(&self, _identity: Identity) -> bool {
        self.proved.fetch_add(1, Ordering::Relaxed);
        true
    }
}

/// Both ends of one connection.
struct Pair {
    dialler: NativeWorld,
    guest: Counting,
    host: NativeWorld,
    origin: String,
    tally: Arc<Tally>,
}

impl Pair {
    async fn connected(limits: Limits) -> Self {
        let tally = Arc::new(Tally::default());
        let (host, gate) = NativeWorld::new(Handle::current(), limits, Arc::clone(&tally));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let guest = Counting::default();
        tokio::spawn(accept(listener, gate, origin.clone(), guest.clone()));
        let (dialler, _) = world(Limits::default());
        let mut pair = Self { dialler, guest, host, origin, tally };
        pair.dialler.dial(DIALLED, pair.origin.clone());
        for (input, is_dialler) in
            [(next(&mut pair.dialler).await, true), (next(&mut pair.host).await, false)]
        {
            let Input::Connected { binding, dialled, link, .. } = input else {
                panic!("{input:?}")
            };
            assert_eq!(binding, Binding::Origin(pair.origin.clone()));
            assert_eq!((dialled, link), (is_dialler, if is_dialler { DIALLED } else { ACCEPTED }));
        }
        pair
    }
}

async fn accept(listener: TcpListener, gate: Gate, origin: String, guest: Counting) {
    while let Ok((stream, _)) = listener.accept().await {
        let (gate, origin, guest) = (gate.clone(), origin.clone(), guest.clone());
        tokio::spawn(async move {
            if let Ok(socket) = accept_async(stream).await {
                gate.host(Frames::new(socket.into_inner(), &[]), origin, guest).await;
            }
        });
    }
}

fn world(limits: Limits) -> (NativeWorld, Gate) {
    NativeWorld::new(Handle::current(), limits, Arc::default())
}

async fn next(world: &mut NativeWorld) -> Input {
    timeout(PATIENCE, world.next()).await.expect("something happens").unwrap()
}

/// The next input, unless none comes for a while.
async fn quiet(world: &mut NativeWorld) -> Option<Input> {
    timeout(Duration::from_millis(200), world.next()).await.ok().flatten()
}

/// The session is open: the other side said who it is, and the node says once that it believes it.
async fn prove(pair: &mut Pair) {
    let request = SessionRequest {
        challenge: "A".repeat(43),
        head: None,
        identity: Secret::from_seed(&[1; 32]).identity(),
        protocols: vec!["effigy/1".to_owned()],
        synod: None,
    };
    pair.dialler.send(DIALLED, Message::SessionRequest(request).encode());
    let input = next(&mut pair.host).await;
    assert!(matches!(input, Input::Received(_, Ok(Message::SessionRequest(_)))), "{input:?}");
    let provides = Message::Provides { feeds: None, services: vec!["blobs".to_owned()] };
    pair.host.send(ACCEPTED, provides.encode());
}

fn ping() -> Frame {
    Message::Ping.encode()
}

#[tokio::test]
async fn messages_arrive_in_their_order_and_pieces_are_told_to_have_left() {
    let mut pair = Pair::connected(Limits::default()).await;
    prove(&mut pair).await;
    assert!(matches!(next(&mut pair.dialler).await, Input::Received(..)));
    let piece =
        |n: u8| Message::Chunk { bytes: vec![n; 60_000], offset: 0, request: 1, size: 60_000 };
    for n in 0..10 {
        pair.dialler.send(DIALLED, piece(n).encode());
        pair.dialler.send(DIALLED, ping());
    }
    for n in 0..10 {
        for expected in [piece(n), Message::Ping] {
            let Input::Received(ACCEPTED, Ok(message)) = next(&mut pair.host).await else {
                panic!("no message")
            };
            assert!(message == expected);
        }
    }
    for _ in 0..10 {
        assert!(matches!(next(&mut pair.dialler).await, Input::Drained(DIALLED)));
    }
    assert_eq!(pair.tally.messages_in.count(), 1 + 20);
    assert_eq!((pair.tally.sockets.count(), pair.tally.sessions.count()), (1, 1));
}

#[tokio::test]
async fn the_last_words_arrive_before_the_end() {
    let mut pair = Pair::connected(Limits::default()).await;
    // What nobody reads any more must not destroy what was said.
    for _ in 0..50 {
        pair.dialler.send(DIALLED, ping());
    }
    assert!(matches!(next(&mut pair.host).await, Input::Received(..)));
    pair.host.send(ACCEPTED, Message::Error { about: 0, code: ErrorCode::Untrusted }.encode());
    pair.host.close(ACCEPTED);
    let Input::Received(_, Ok(Message::Error { code, .. })) = next(&mut pair.dialler).await else {
        panic!("no last words")
    };
    assert_eq!(code, ErrorCode::Untrusted);
    assert!(matches!(next(&mut pair.dialler).await, Input::Disconnected(DIALLED)));
    assert!(quiet(&mut pair.host).await.is_none(), "who closes is told nothing more");
    assert_eq!(pair.guest.misbehaved.load(Ordering::Relaxed), 1);
    assert_eq!(
        pair.tally.refusals().find(|(code, _)| *code == "untrusted"),
        Some(("untrusted", 1))
    );
}

#[tokio::test]
async fn who_is_sent_away_and_talks_on_is_hardly_listened_to() {
    let (mut host, gate) = world(Limits::default());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(accept(listener, gate, format!("http://{address}"), Counting::default()));
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut socket, _) = client_async(format!("ws://{address}/ws"), stream).await.unwrap();
    assert!(matches!(next(&mut host).await, Input::Connected { .. }));
    host.send(ACCEPTED, Message::Error { about: 0, code: ErrorCode::Untrusted }.encode());
    host.close(ACCEPTED);
    let mut n_said = 0;
    while socket.send(Wire::text("[".repeat(4_000))).await.is_ok() {
        n_said += 1;
    }
    // What the system keeps on its way counts too.
    assert!((1..10_000).contains(&n_said), "{n_said}");
}

#[tokio::test]
async fn who_guesses_too_often_is_not_passed_on() {
    let mut pair = Pair::connected(Limits::default()).await;
    prove(&mut pair).await;
    let claim = |request| {
        let token = effigy_core::link::Token::from_bytes([1; 5]);
        Message::LinkClaim { request, token }.encode()
    };
    for request in 1..=3 {
        pair.dialler.send(DIALLED, claim(request));
        let input = next(&mut pair.host).await;
        let is_claim = matches!(input, Input::Received(_, Ok(Message::LinkClaim { .. })));
        let is_refused =
            matches!(input, Input::Received(_, Err(Garbage::Refused(ErrorCode::TooMuch))));
        assert_eq!((is_claim, is_refused), (request < 3, request == 3), "{input:?}");
    }
    pair.dialler.send(DIALLED, ping());
    assert!(matches!(next(&mut pair.host).await, Input::Received(_, Ok(Message::Ping))));
}

#[tokio::test]
async fn who_is_closed_without_a_word_did_nothing_wrong() {
    let mut pair = Pair::connected(Limits::default()).await;
    prove(&mut pair).await;
    pair.host.close(ACCEPTED);
    assert!(matches!(next(&mut pair.dialler).await, Input::Received(..)));
    assert!(matches!(next(&mut pair.dialler).await, Input::Disconnected(DIALLED)));
    assert_eq!(pair.guest.misbehaved.load(Ordering::Relaxed), 0);
    assert_eq!(pair.guest.proved.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn too_long_is_told_before_the_end_and_strangers_are_not_listened_to_at_length() {
    let mut pair = Pair::connected(Limits::default()).await;
    pair.dialler.send(DIALLED, Frame::Text("[".repeat(5_000)));
    let input = next(&mut pair.host).await;
    assert!(matches!(input, Input::Received(_, Err(Garbage::TooLong))), "{input:?}");
    assert!(matches!(next(&mut pair.host).await, Input::Disconnected(ACCEPTED)));
    assert_eq!(pair.guest.misbehaved.load(Ordering::Relaxed), 1);

    let mut pair = Pair::connected(Limits::default()).await;
    prove(&mut pair).await;
    pair.dialler.send(DIALLED, Frame::Text("[".repeat(5_000)));
    let input = next(&mut pair.host).await;
    assert!(matches!(input, Input::Received(_, Err(Garbage::Json(_)))), "{input:?}");
    pair.dialler.send(DIALLED, Frame::Text("[".repeat(MESSAGE_BYTES + 1)));
    let input = next(&mut pair.host).await;
    assert!(matches!(input, Input::Received(_, Err(Garbage::TooLong))), "{input:?}");
    assert!(matches!(next(&mut pair.host).await, Input::Disconnected(ACCEPTED)));
    assert_eq!(pair.guest.misbehaved.load(Ordering::Relaxed), 1);
    assert_eq!(pair.tally.oversize.count(), 1);
}

#[tokio::test]
async fn who_sends_too_fast_waits_and_loses_nothing() {
    let rate = Rate { burst: 5, per_second: 50 };
    let mut pair = Pair::connected(Limits { rate, ..Limits::default() }).await;
    prove(&mut pair).await;
    let start = Instant::now();
    for _ in 0..25 {
        pair.dialler.send(DIALLED, ping());
    }
    for _ in 0..25 {
        assert!(matches!(next(&mut pair.host).await, Input::Received(_, Ok(Message::Ping))));
    }
    assert!(start.elapsed() >= Duration::from_millis(360), "{:?}", start.elapsed());
    assert!(pair.tally.throttled.count() > 0);
}

#[tokio::test]
async fn who_does_not_read_is_cut_off() {
    let limits = Limits { unsent_bytes: 600 * 1024, ..Limits::default() };
    let mut pair = Pair::connected(limits).await;
    // A reader that has stopped: the world below is never asked again.
    let mut n_sent = 0;
    loop {
        pair.host.send(ACCEPTED, Frame::Text("x".repeat(100_000)));
        n_sent += 1;
        tokio::task::yield_now().await;
        if let Some(input) = timeout(Duration::ZERO, pair.host.next()).await.ok().flatten() {
            assert!(matches!(input, Input::Disconnected(ACCEPTED)), "{input:?}");
            break;
        }
        assert!(n_sent < 1_000, "never cut off");
    }
    assert_eq!(pair.tally.slow.count(), 1);
}

#[tokio::test]
async fn silence_ends_a_connection_and_pings_keep_it() {
    let limits = Limits {
        ping_every: Duration::from_millis(100),
        silence: Duration::from_millis(400),
        ..Limits::default()
    };
    let mut pair = Pair::connected(limits).await;
    for _ in 0..4 {
        assert!(quiet(&mut pair.host).await.is_none(), "a quiet peer answers pings");
    }
    // Somebody who answers nothing at all.
    let mut mute = TcpStream::connect(pair.origin.trim_start_matches("http://")).await.unwrap();
    let request = "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                   Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    tokio::io::AsyncWriteExt::write_all(&mut mute, request.as_bytes()).await.unwrap();
    let Input::Connected { link, .. } = next(&mut pair.host).await else { panic!("no connection") };
    assert!(matches!(next(&mut pair.host).await, Input::Disconnected(gone) if gone == link));
    assert_eq!(pair.tally.silent.count(), 1);
}

#[tokio::test]
async fn what_cannot_be_dialled_is_told() {
    let (mut world, _) = world(Limits::default());
    for (n, origin) in
        ["http://127.0.0.1:1", "https://127.0.0.1:1", "ftp://hub.example", "nonsense", "http://"]
            .into_iter()
            .enumerate()
    {
        let link = Link(n as u64);
        world.dial(link, origin.to_owned());
        assert!(matches!(next(&mut world).await, Input::Disconnected(gone) if gone == link));
    }
    // What is closed on the way is not told of.
    world.dial(Link(9), "http://127.0.0.1:1".to_owned());
    world.close(Link(9));
    assert!(quiet(&mut world).await.is_none());
}

#[tokio::test]
async fn after_a_reset_nothing_old_is_told() {
    let mut pair = Pair::connected(Limits::default()).await;
    prove(&mut pair).await;
    for _ in 0..20 {
        pair.dialler.send(DIALLED, ping());
    }
    pair.host.wake_at(Time(now().0 + 50));
    tokio::time::sleep(Duration::from_millis(100)).await;
    pair.host.reset();
    assert!(quiet(&mut pair.host).await.is_none());
    assert!(matches!(next(&mut pair.dialler).await, Input::Received(..)));
    assert!(matches!(next(&mut pair.dialler).await, Input::Disconnected(DIALLED)));
    // Who comes afterwards is served as before, under a new number.
    pair.dialler.dial(Link(2), pair.origin.clone());
    let Input::Connected { link, .. } = next(&mut pair.host).await else { panic!("no connection") };
    assert!(link > ACCEPTED);
}

#[tokio::test]
async fn the_alarm_rings_once_and_a_later_one_replaces_it() {
    let (mut world, _) = world(Limits::default());
    world.wake_at(now());
    assert!(matches!(next(&mut world).await, Input::Tick));
    world.wake_at(Time(now().0 + 10));
    world.wake_at(Time(now().0 + 150));
    let start = Instant::now();
    assert!(matches!(next(&mut world).await, Input::Tick));
    assert!(start.elapsed() >= Duration::from_millis(140), "{:?}", start.elapsed());
    assert!(quiet(&mut world).await.is_none());
}
