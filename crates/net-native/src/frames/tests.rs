//! Frames, judged by tungstenite: what one of the two writes the other reads, and what one refuses
//! the other refuses.

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_tungstenite::tungstenite::protocol::frame::Frame as Piece;

use super::*;
use crate::socket::Reason;

/// A sequence of numbers that is the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % below
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.roll(256) as u8).collect()
    }
}

fn trusting<S: AsyncRead + AsyncWrite + Send + Unpin>(stream: S) -> Frames<S> {
    let mut frames = Frames::new(stream, &[]);
    frames.trust();
    frames
}

/// Both ends of a pipe that carries so many bytes at a time.
async fn pair(width: usize) -> (Frames<DuplexStream>, WebSocketStream<DuplexStream>) {
    let (ours, theirs) = duplex(width);
    (trusting(ours), WebSocketStream::from_raw_socket(theirs, Role::Client, None).await)
}

/// What a frame of a client looks like, with a mask of zeros.
fn raw(first: u8, content: &[u8]) -> Vec<u8> {
    let length = match content.len() {
        short @ 0..126 => vec![0x80 | short as u8],
        long @ 126..0x1_0000 => [&[0xFE], (long as u16).to_be_bytes().as_slice()].concat(),
        long => [&[0xFF], (long as u64).to_be_bytes().as_slice()].concat(),
    };
    [&[first], length.as_slice(), &[0; 4], content].concat()
}

/// Everything that comes out of bytes that somebody sends.
async fn heard(bytes: &[u8]) -> Vec<Result<Incoming, Broken>> {
    let (ours, mut theirs) = duplex(bytes.len().max(1));
    theirs.write_all(bytes).await.unwrap();
    theirs.shutdown().await.unwrap();
    trusting(ours).collect().await
}

/// The same by tungstenite, as far as it is a message.
async fn judged(bytes: &[u8]) -> Vec<Result<Incoming, Broken>> {
    let (ours, mut theirs) = duplex(bytes.len().max(1));
    theirs.write_all(bytes).await.unwrap();
    theirs.shutdown().await.unwrap();
    let mut judge = WebSocketStream::from_raw_socket(ours, Role::Server, None).await;
    let mut heard = Vec::new();
    while let Some(next) = judge.next().await {
        match next {
            Ok(Message::Text(text)) => heard.push(Ok(Incoming::Text(text.as_str().to_owned()))),
            Ok(Message::Binary(bytes)) => heard.push(Ok(Incoming::Binary(bytes))),
            Ok(Message::Ping(_) | Message::Pong(_)) => heard.push(Ok(Incoming::Alive)),
            Ok(Message::Close(_) | Message::Frame(_)) => heard.push(Ok(Incoming::Closed)),
            Err(_) => {
                heard.push(Err(Broken::Lost));
                break;
            }
        }
    }
    heard
}

#[tokio::test]
async fn what_tungstenite_says_is_understood_however_it_is_cut() {
    let mut dice = Dice(1);
    for width in [1, 3, 14, 1_000, 100_000] {
        let (mut frames, mut client) = pair(width).await;
        let lengths = [0, 1, 125, 126, 5_000, 65_535, 65_536, 90_000];
        let said: Vec<Message> = lengths
            .iter()
            .filter(|length| **length < width * 2_000)
            .map(|length| match length % 2 {
                0 => Message::text("ä".repeat(*length / 2)),
                _ => Message::binary(dice.bytes(*length)),
            })
            .collect();
        let talk = async {
            for message in &said {
                client.send(Message::Ping(dice.bytes(100).into())).await.unwrap();
                client.send(message.clone()).await.unwrap();
            }
            client.close(None).await.unwrap();
        };
        let listen = async {
            let mut heard = Vec::new();
            while let Some(incoming) = frames.next().await {
                match incoming.unwrap() {
                    Incoming::Alive => (),
                    Incoming::Closed => break,
                    Incoming::Binary(bytes) => heard.push(Message::Binary(bytes)),
                    Incoming::Text(text) => heard.push(Message::text(text)),
                }
            }
            heard
        };
        let ((), heard) = tokio::join!(talk, listen);
        assert!(heard == said, "{width} bytes at a time");
        assert_eq!((frames.unread.capacity(), frames.pieces.is_none()), (0, true));
    }
}

#[tokio::test]
async fn what_is_said_is_understood_by_tungstenite_and_leaves_no_memory_behind() {
    let (mut frames, mut client) = pair(1_000).await;
    let text = "x".repeat(70_000);
    let talk = async {
        frames.send(Outgoing::Text(text.clone())).await.unwrap();
        frames.send(Outgoing::Ping).await.unwrap();
        frames.feed(Outgoing::Binary(vec![7; 300])).await.unwrap();
        frames.feed(Outgoing::Text("short".to_owned())).await.unwrap();
        frames.send(Outgoing::Close(Reason::Away)).await.unwrap();
        assert_eq!(frames.unsent.capacity(), 0);
    };
    let listen = async {
        let mut heard = Vec::new();
        while let Some(message) = client.next().await {
            heard.push(message.unwrap());
            if heard.len() == 5 {
                break;
            }
        }
        heard
    };
    let ((), heard) = tokio::join!(talk, listen);
    assert_eq!(heard[0], Message::text(text));
    assert_eq!(heard[1], Message::Ping(Vec::new().into()));
    assert_eq!(heard[2], Message::binary(vec![7; 300]));
    assert_eq!(heard[3], Message::text("short"));
    let Message::Close(Some(close)) = &heard[4] else { panic!("{:?}", heard[4]) };
    assert_eq!((u16::from(close.code), close.reason.as_str()), (1001, "going away"));
}

#[tokio::test]
async fn messages_may_come_in_pieces_with_pings_between_them() {
    let (mut frames, mut client) = pair(100_000).await;
    let piece = |content: &'static str, kind, is_final| {
        Message::Frame(Piece::message(content.as_bytes(), OpCode::Data(kind), is_final))
    };
    client.send(piece("Gr\u{fc}", Data::Text, false)).await.unwrap();
    client.send(Message::Ping("there?".into())).await.unwrap();
    client.send(piece("\u{df}", Data::Continue, false)).await.unwrap();
    client.send(piece("e", Data::Continue, true)).await.unwrap();
    assert_eq!(frames.next().await, Some(Ok(Incoming::Alive)));
    assert_eq!(frames.next().await, Some(Ok(Incoming::Text("Grüße".to_owned()))));
    frames.flush().await.unwrap();
    assert_eq!(client.next().await.unwrap().unwrap(), Message::Pong("there?".into()));
    // A letter may be cut in two: only the whole has to be text.
    let cut = [raw(0x01, b"\xC3"), raw(0x80, b"\xA4")].concat();
    assert_eq!(heard(&cut).await, [Ok(Incoming::Text("ä".to_owned()))]);
}

#[tokio::test]
async fn what_the_standard_forbids_ends_the_connection() {
    let unmasked = [0x81, 0x01, b'a'].to_vec();
    for (what, bytes) in [
        ("no mask", unmasked),
        ("an extension", raw(0xC1, b"a")),
        ("a kind that is not", raw(0x83, b"a")),
        ("a control that is not", raw(0x8B, b"a")),
        ("a long ping", raw(0x89, &[0; 126])),
        ("a ping in pieces", raw(0x09, b"a")),
        ("a piece of nothing", raw(0x80, b"a")),
        ("a message within a message", [raw(0x01, b"a"), raw(0x81, b"b")].concat()),
        ("what is no text", raw(0x81, b"\xFF")),
        ("pieces that are no text", [raw(0x01, b"\xC3"), raw(0x80, b"a")].concat()),
    ] {
        let good = raw(0x81, b"before");
        let all = [good.as_slice(), &bytes, &good].concat();
        let before = Ok(Incoming::Text("before".to_owned()));
        assert_eq!(heard(&all).await, [before.clone(), Err(Broken::Lost)], "{what}");
        assert_eq!(judged(&all).await, [before, Err(Broken::Lost)], "the judge on {what}");
    }
}

#[tokio::test]
async fn what_is_too_long_is_refused_before_it_is_there() {
    let over = (MESSAGE_BYTES as u64 + 1).to_be_bytes();
    let announced = [[0x81, 0xFF].as_slice(), &over, &[0; 4]].concat();
    assert_eq!(heard(&announced).await, [Err(Broken::TooLong)]);
    let most = raw(0x82, &vec![1; MESSAGE_BYTES]);
    assert!(matches!(heard(&most).await.as_slice(), [Ok(Incoming::Binary(_))]));
    let half = vec![1; MESSAGE_BYTES / 2];
    let pieces = [raw(0x02, &half), raw(0x80, &half)].concat();
    assert_eq!(heard(&pieces).await, [Err(Broken::TooLong)]);
    let nothings = [raw(0x02, b""), raw(0x00, b"").repeat(MESSAGE_BYTES / PIECE_COST + 1)].concat();
    assert_eq!(heard(&nothings).await, [Err(Broken::TooLong)], "pieces of nothing");
    // Who is not trusted yet may say little.
    let (ours, mut theirs) = duplex(100_000);
    theirs.write_all(&raw(0x81, &[b'a'; UNPROVEN_BYTES])).await.unwrap();
    theirs.write_all(&raw(0x81, &[b'a'; UNPROVEN_BYTES + 1])).await.unwrap();
    let mut stranger = Frames::new(ours, &[]);
    assert!(matches!(stranger.next().await, Some(Ok(Incoming::Text(_)))));
    assert_eq!(stranger.next().await, Some(Err(Broken::TooLong)));
}

#[tokio::test]
async fn a_close_is_answered_once_and_nothing_is_read_behind_it() {
    let (ours, mut theirs) = duplex(1_000);
    let mut frames = trusting(ours);
    theirs.write_all(&raw(0x88, &[0x03, 0xE8])).await.unwrap();
    theirs.write_all(&raw(0x81, b"more")).await.unwrap();
    assert_eq!(frames.next().await, Some(Ok(Incoming::Closed)));
    assert_eq!(frames.next().await, None);
    frames.send(Outgoing::Close(Reason::Done)).await.unwrap();
    let mut answer = [0; 4];
    theirs.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, [0x88, 0x02, 0x03, 0xE8]);
    drop(frames);
    assert_eq!(theirs.read(&mut answer).await.unwrap(), 0, "one close is enough");
}

/// Whatever bytes come: the same messages as tungstenite hears, and the same end.
#[tokio::test]
async fn damaged_streams_are_judged_alike() {
    let mut dice = Dice(5);
    let (mut n_whole, mut n_refused) = (0, 0);
    for _ in 0..3_000 {
        let mut bytes = Vec::new();
        for _ in 0..=dice.roll(4) {
            let content = "abc".repeat(dice.roll(70));
            // No text in pieces: the judge looks at each, here the whole counts.
            let first = [0x81, 0x82, 0x02, 0x80, 0x89, 0x8A][dice.roll(6)];
            bytes.extend(raw(first, content.as_bytes()));
        }
        for _ in 0..dice.roll(3) {
            let place = dice.roll(bytes.len());
            bytes[place] ^= 1 << dice.roll(8);
        }
        let (ours, theirs) = (heard(&bytes).await, judged(&bytes).await);
        // A frame that is cut is an error to the judge, and simply the end here.
        let end = |heard: &[Result<Incoming, Broken>]| {
            let closed = heard.iter().position(|next| *next == Ok(Incoming::Closed));
            closed.unwrap_or(heard.len())
        };
        let without = |heard: Vec<Result<Incoming, Broken>>| {
            let end = end(&heard);
            let said: Vec<_> = heard.into_iter().take(end).filter_map(Result::ok).collect();
            said
        };
        let is_refused = ours.iter().any(Result::is_err);
        assert!(!is_refused || theirs.iter().any(Result::is_err), "{bytes:?}");
        assert_eq!(without(ours), without(theirs), "{bytes:?}");
        n_refused += u32::from(is_refused);
        n_whole += u32::from(!is_refused);
    }
    assert!(n_refused > 300 && n_whole > 300, "{n_refused} refused, {n_whole} whole");
}

/// Chromium takes a frame behind the answer for an error of the hub, and says so in the console.
#[tokio::test]
async fn nothing_is_written_behind_a_close() {
    let (ours, mut theirs) = duplex(1_024);
    let mut frames = trusting(ours);
    theirs.write_all(&raw(0x88, &1_000_u16.to_be_bytes())).await.unwrap();
    assert_eq!(frames.next().await, Some(Ok(Incoming::Closed)));
    for outgoing in [Outgoing::Text("late".to_owned()), Outgoing::Ping, Outgoing::Binary(vec![1])] {
        frames.send(outgoing).await.unwrap();
    }
    drop(frames);
    let mut written = Vec::new();
    theirs.read_to_end(&mut written).await.unwrap();
    assert_eq!(written, [0x88, 2, 3, 232], "the answer and nothing else");
}
