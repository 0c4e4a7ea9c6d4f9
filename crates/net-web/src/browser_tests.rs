//! Two worlds in one page, joined by real peer connections; and what a page is owed.

use std::time::Duration;

use effigy_core::limits::{CHUNK_BYTES, MESSAGE_BYTES};
use effigy_engine::World as _;
use effigy_proto::{
    Binding, Fence, Frame, Garbage, Input, Link, Message, Path, RtcAction, RtcEvent,
};
use effigy_worker::Pool;
use futures_util::future::{Either, select};
use futures_util::pin_mut;
use gloo_timers::future::{TimeoutFuture, sleep};
use wasm_bindgen_test::{wasm_bindgen_test as test, wasm_bindgen_test_configure};

use crate::fence::{NAME, Note, Record};
use crate::{WebWorld, now, random};

wasm_bindgen_test_configure!(run_in_browser);

/// How long anything here may take, in milliseconds.
const PATIENCE: u32 = 20_000;
const LINK: Link = Link(7);

/// Two worlds whose letters to each other always arrive.
struct Pair {
    left: WebWorld,
    right: WebWorld,
    /// What the descriptions of the left become on their way.
    tampered: fn(String) -> String,
}

#[derive(Debug)]
enum From {
    Left(Input),
    Right(Input),
}

/// A world without connections.
pub(crate) fn world() -> WebWorld {
    WebWorld::new(Vec::new(), Pool::default(), Note::named("a test's fence".to_owned()))
}

impl Pair {
    fn new() -> Self {
        let (left, right) = (world(), world());
        Self { left, right, tampered: |description| description }
    }

    async fn either(&mut self) -> From {
        let (left, right) = (self.left.next(), self.right.next());
        pin_mut!(left, right);
        match select(left, right).await {
            Either::Left((input, _)) => From::Left(input.expect("a world ended")),
            Either::Right((input, _)) => From::Right(input.expect("a world ended")),
        }
    }

    /// The next input that is no signalling, which is passed on to the other side.
    async fn next(&mut self) -> From {
        let late = TimeoutFuture::new(PATIENCE);
        pin_mut!(late);
        loop {
            let found = {
                let next = self.either();
                pin_mut!(next);
                match select(next, &mut late).await {
                    Either::Left((found, _)) => found,
                    Either::Right(_) => panic!("nothing happened"),
                }
            };
            match found {
                From::Left(Input::Rtc(link, event)) => {
                    let action = match event {
                        RtcEvent::Candidate { candidate, line, mid } => {
                            RtcAction::Candidate { candidate, line, mid }
                        }
                        RtcEvent::Description(offer) => {
                            RtcAction::Answer { offer: (self.tampered)(offer) }
                        }
                    };
                    self.right.rtc(link, action);
                }
                From::Right(Input::Rtc(link, event)) => {
                    let action = match event {
                        RtcEvent::Candidate { candidate, line, mid } => {
                            RtcAction::Candidate { candidate, line, mid }
                        }
                        RtcEvent::Description(answer) => RtcAction::TakeAnswer { answer },
                    };
                    self.left.rtc(link, action);
                }
                found => return found,
            }
        }
    }

    /// Waits until both sides are connected. What they are bound to: left, then right.
    async fn connect(&mut self) -> (Binding, Binding) {
        self.left.rtc(LINK, RtcAction::Offer);
        let (mut left, mut right) = (None, None);
        loop {
            match self.next().await {
                From::Left(Input::Connected { binding, dialled, link, path }) => {
                    assert_eq!((dialled, link, path), (true, LINK, Path::Direct));
                    left = Some(binding);
                }
                From::Right(Input::Connected { binding, dialled, link, path }) => {
                    assert_eq!((dialled, link, path), (false, LINK, Path::Direct));
                    right = Some(binding);
                }
                other => panic!("{other:?}"),
            }
            if let (Some(left), Some(right)) = (&left, &right) {
                return (left.clone(), right.clone());
            }
        }
    }
}

/// The nth piece, counted from 0. Requests are counted from 1: a frame of request 0 is something else.
fn chunk(n: u32, bytes: usize) -> Message {
    let request = n + 1;
    Message::Chunk { bytes: vec![n as u8; bytes], offset: 0, request, size: bytes as u32 }
}

#[test]
async fn two_pages_are_bound_to_the_same_certificates() {
    let mut pair = Pair::new();
    let (left, right) = pair.connect().await;
    assert_eq!(left, right);
    let Binding::Fingerprints(first, second) = left else { panic!("{left:?}") };
    assert!(first < second, "{first} {second}");
    assert!(first.starts_with("sha-256 ") && second.starts_with("sha-256 "));
}

#[test]
async fn messages_arrive_in_their_order_and_garbage_as_garbage() {
    let mut pair = Pair::new();
    pair.connect().await;
    pair.left.send(LINK, Message::Ping.encode());
    pair.left.send(LINK, Frame::Text("{\"type\":\"ping\",\"type\":\"pong\"}".to_owned()));
    pair.left.send(LINK, Frame::Binary(vec![1, 2, 3]));
    pair.left.send(LINK, Message::Pong.encode());
    let mut heard = Vec::new();
    while heard.len() < 4 {
        match pair.next().await {
            From::Right(Input::Received(LINK, message)) => heard.push(message),
            From::Left(Input::Drained(LINK)) => (),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(heard[0], Ok(Message::Ping));
    assert!(matches!(heard[1], Err(Garbage::Json(_))), "{:?}", heard[1]);
    assert_eq!(heard[2], Err(Garbage::Cut));
    assert_eq!(heard[3], Ok(Message::Pong));
}

#[test]
async fn eight_mebibytes_flow_as_there_is_room() {
    const CHUNKS: u32 = 128;
    let mut pair = Pair::new();
    pair.connect().await;
    let (mut sent, mut received, mut drained) = (1, 0, 0);
    pair.left.send(LINK, chunk(0, CHUNK_BYTES - 64).encode());
    while received < CHUNKS || drained < CHUNKS {
        match pair.next().await {
            From::Left(Input::Drained(LINK)) => {
                drained += 1;
                if sent < CHUNKS {
                    pair.left.send(LINK, chunk(sent, CHUNK_BYTES - 64).encode());
                    sent += 1;
                }
            }
            From::Right(Input::Received(LINK, message)) => {
                // Not `assert_eq`, which would print all of it.
                assert!(message == Ok(chunk(received, CHUNK_BYTES - 64)), "chunk {received}");
                received += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((sent, received, drained), (CHUNKS, CHUNKS, CHUNKS));
}

#[test]
async fn who_never_reads_is_cut_off_at_a_mebibyte() {
    let mut pair = Pair::new();
    pair.connect().await;
    // No turn of the event loop: nothing can leave.
    for request in 0..40 {
        pair.left.send(LINK, chunk(request, CHUNK_BYTES - 64).encode());
    }
    loop {
        match pair.next().await {
            From::Left(Input::Disconnected(LINK)) => break,
            From::Left(Input::Drained(LINK)) | From::Right(_) => (),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
async fn frames_longer_than_a_message_end_the_connection() {
    let mut pair = Pair::new();
    pair.connect().await;
    pair.left.send(LINK, Frame::Text("a".repeat(MESSAGE_BYTES)));
    let From::Right(Input::Received(LINK, Err(_))) = pair.next().await else {
        panic!("not garbage")
    };
    // One byte more. The browser itself may refuse it; then this side closes.
    pair.left.send(LINK, Frame::Text("a".repeat(MESSAGE_BYTES + 1)));
    loop {
        match pair.next().await {
            From::Right(Input::Received(LINK, message)) => {
                assert_eq!(message, Err(Garbage::TooLong));
            }
            From::Left(Input::Disconnected(LINK)) | From::Right(Input::Disconnected(LINK)) => break,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
async fn closing_is_seen_on_the_other_side_once() {
    let mut pair = Pair::new();
    pair.connect().await;
    pair.left.close(LINK);
    let From::Right(Input::Disconnected(LINK)) = pair.next().await else { panic!("not closed") };
    let quiet = TimeoutFuture::new(300);
    let next = pair.next();
    pin_mut!(next);
    if let Either::Left((other, _)) = select(next, quiet).await {
        panic!("{other:?}");
    }
}

#[test]
async fn a_reset_world_knows_nothing_of_before() {
    let mut pair = Pair::new();
    pair.connect().await;
    pair.right.send(LINK, Message::Ping.encode());
    pair.left.wake_at(now());
    TimeoutFuture::new(200).await;
    pair.left.reset();
    {
        let next = pair.left.next();
        pin_mut!(next);
        assert!(matches!(select(next, TimeoutFuture::new(300)).await, Either::Right(_)));
    }
    assert!(matches!(pair.right.next().await, Some(Input::Disconnected(LINK))));
    // The same number stands for a new connection now.
    pair.connect().await;
}

#[test]
async fn a_swapped_fingerprint_never_connects() {
    let mut pair = Pair::new();
    pair.tampered = |description| {
        let forged = ["AB"; 32].join(":");
        let lines = description.lines().map(|line| match line.split_once("a=fingerprint:") {
            Some(_) => format!("a=fingerprint:sha-256 {forged}\r\n"),
            None => format!("{line}\r\n"),
        });
        lines.collect()
    };
    pair.left.rtc(LINK, RtcAction::Offer);
    match pair.next().await {
        From::Left(Input::Disconnected(LINK)) | From::Right(Input::Disconnected(LINK)) => (),
        other => panic!("{other:?}"),
    }
}

#[test]
async fn descriptions_that_are_none_end_the_connection() {
    for offer in ["", "v=0", "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"] {
        let mut world = world();
        world.rtc(LINK, RtcAction::Answer { offer: offer.to_owned() });
        assert!(matches!(world.next().await, Some(Input::Disconnected(LINK))), "{offer}");
    }
}

#[test]
async fn a_hub_that_is_not_there_ends_the_connection() {
    for origin in ["http://127.0.0.1:1", "ftp://example.org", "https://", ""] {
        let mut world = world();
        world.dial(LINK, origin.to_owned());
        assert!(matches!(world.next().await, Some(Input::Disconnected(LINK))), "{origin}");
    }
}

#[test]
async fn ticks_come_at_their_time_and_only_the_last_that_was_set() {
    let mut world = world();
    let begun = now();
    world.wake_at(begun.after(effigy_core::Span::seconds(3_600)));
    world.wake_at(begun.after(effigy_core::Span(60)));
    assert!(matches!(world.next().await, Some(Input::Tick)));
    assert!(now().since(begun).0 >= 58);
    let next = world.next();
    pin_mut!(next);
    assert!(matches!(select(next, TimeoutFuture::new(150)).await, Either::Right(_)));
}

#[test]
async fn a_stopped_world_ends_whatever_waits() {
    let mut world = world();
    let stopper = world.stopper();
    let ended = world.next();
    let stop = async {
        sleep(Duration::from_millis(20)).await;
        stopper.stop();
    };
    let (ended, ()) = futures_util::future::join(ended, stop).await;
    assert!(ended.is_none());
}

#[test]
async fn long_work_is_interrupted_for_the_page() {
    let mut pair = Pair::new();
    pair.connect().await;
    for _ in 0..6 {
        pair.left.send(LINK, Message::Ping.encode());
    }
    // All six are there before the first is taken.
    TimeoutFuture::new(300).await;
    let drawn = std::rc::Rc::new(std::cell::Cell::new(0));
    let count = std::rc::Rc::clone(&drawn);
    let timer = gloo_timers::callback::Interval::new(0, move || count.set(count.get() + 1));
    for _ in 0..6 {
        let From::Right(Input::Received(LINK, Ok(Message::Ping))) = pair.next().await else {
            panic!("no ping")
        };
        // As long as it takes to check the signatures of a batch on a slow phone.
        let begun = crate::platform::monotonic();
        while crate::platform::monotonic() - begun < 20.0 {}
    }
    drop(timer);
    assert!(drawn.get() >= 4, "the page had {} turns in 120 ms", drawn.get());
}

#[test]
fn the_fence_reads_back_and_rubbish_is_noticed() {
    let (note, other) = (Note::named(NAME.to_owned()), Note::named(format!("{NAME}-1")));
    note.clear();
    assert_eq!(note.read(), Record::Absent);
    let written = Fence { device_count: 312, synod_count: 4 };
    assert!(note.write(&written));
    assert_eq!(note.read(), Record::Present(written));
    assert_eq!(other.read(), Record::Absent, "another account's is another");
    let storage = web_sys::window().unwrap().local_storage().unwrap().unwrap();
    storage.set_item("effigy.fence", "{}").unwrap();
    assert_eq!(note.read(), Record::Garbled);
    note.clear();
    assert_eq!(note.read(), Record::Absent);
}

#[test]
fn no_two_seeds_are_the_same() {
    assert_ne!(random::<32>(), random::<32>());
    assert!(random::<32>().is_ok());
}
