//! A world and a WebSocket whose other end this test plays: with a buffer that drains on demand.

use effigy_core::limits::MESSAGE_BYTES;
use effigy_engine::World as _;
use effigy_proto::{Binding, Frame, Garbage, Input, Link, Message, Path};
use futures_util::future::{Either, select};
use futures_util::pin_mut;
use gloo_timers::future::TimeoutFuture;
use js_sys::{Reflect, eval};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::WebWorld;
use crate::browser_tests::world;

const LINK: Link = Link(3);
/// How many unsent bytes still count as little.
const LOW: usize = 64 * 1024;

/// Stands in for the browser's class, and keeps the last one made in `window.lastSocket`.
const CLASS: &str = "
    window.realWebSocket ??= window.WebSocket;
    window.WebSocket = class extends EventTarget {
        bufferedAmount = 0; readyState = 0; sent = [];
        constructor(url) { super(); this.url = url; window.lastSocket = this; }
        send(data) {
            this.sent.push(data);
            this.bufferedAmount += data.byteLength ?? data.length;
        }
        close(code, reason) { this.closed = `${code} ${reason ?? ''}`; this.readyState = 2; }
        play(kind, data) {
            this.readyState = { open: 1, close: 3 }[kind] ?? this.readyState;
            this.dispatchEvent(kind == 'message' ? new MessageEvent(kind, { data }) : new Event(kind));
        }
    };";

/// Gives the browser its class back.
struct Played;

impl Drop for Played {
    fn drop(&mut self) {
        eval("window.WebSocket = window.realWebSocket").unwrap();
    }
}

fn play(script: &str) -> JsValue {
    eval(&format!("{{ const socket = window.lastSocket; {script} }}")).unwrap()
}

fn closed() -> Option<String> {
    let socket = eval("window.lastSocket").unwrap();
    Reflect::get(&socket, &"closed".into()).unwrap().as_string()
}

async fn opened() -> (WebWorld, Played) {
    eval(CLASS).unwrap();
    let mut world = world();
    world.dial(LINK, "https://hub.example:8443".to_owned());
    play("socket.play('open')");
    match world.next().await {
        Some(Input::Connected { binding, dialled, link, path }) => {
            assert_eq!(binding, Binding::Origin("https://hub.example:8443".to_owned()));
            assert_eq!((dialled, link, path), (true, LINK, Path::Hub));
        }
        other => panic!("{other:?}"),
    }
    (world, Played)
}

async fn is_quiet(world: &mut WebWorld) -> bool {
    let next = world.next();
    pin_mut!(next);
    matches!(select(next, TimeoutFuture::new(60)).await, Either::Right(_))
}

fn chunk() -> Frame {
    Frame::Binary(vec![7; LOW])
}

#[test]
async fn a_hub_is_called_at_its_address_and_heard() {
    let (mut world, _played) = opened().await;
    assert_eq!(play("socket.url").as_string().as_deref(), Some("wss://hub.example:8443/ws"));
    play("socket.play('message', '{\"type\":\"ping\"}')");
    play("socket.play('message', new Uint8Array([1, 2]).buffer)");
    assert!(matches!(world.next().await, Some(Input::Received(LINK, Ok(Message::Ping)))));
    assert!(matches!(world.next().await, Some(Input::Received(LINK, Err(Garbage::Cut)))));
    play("socket.play('close')");
    assert!(matches!(world.next().await, Some(Input::Disconnected(LINK))));
    assert!(is_quiet(&mut world).await);
}

#[test]
async fn a_piece_counts_as_gone_when_the_buffer_is_low() {
    let (mut world, _played) = opened().await;
    world.send(LINK, chunk());
    assert!(matches!(world.next().await, Some(Input::Drained(LINK))));
    world.send(LINK, chunk());
    world.send(LINK, chunk());
    assert!(is_quiet(&mut world).await);
    play(&format!("socket.bufferedAmount = {}", LOW + 1));
    assert!(is_quiet(&mut world).await);
    play(&format!("socket.bufferedAmount = {LOW}"));
    assert!(matches!(world.next().await, Some(Input::Drained(LINK))));
    assert!(matches!(world.next().await, Some(Input::Drained(LINK))));
    assert!(is_quiet(&mut world).await);
}

#[test]
async fn a_hub_that_does_not_read_is_left() {
    let (mut world, _played) = opened().await;
    let text = "a".repeat(MESSAGE_BYTES);
    for _ in 0..4 {
        world.send(LINK, Frame::Text(text.clone()));
    }
    assert!(is_quiet(&mut world).await);
    world.send(LINK, Message::Ping.encode());
    assert!(matches!(world.next().await, Some(Input::Disconnected(LINK))));
    assert_eq!(closed().as_deref(), Some("4008 reads too slowly"));
}

#[test]
async fn who_has_not_read_the_last_answers_asks_for_no_more() {
    let (mut world, _played) = opened().await;
    world.send(LINK, Frame::Text("a".repeat(MESSAGE_BYTES)));
    play("socket.play('message', '{\"type\":\"ping\"}')");
    play("socket.play('message', new Uint8Array([1, 2]).buffer)");
    assert!(is_quiet(&mut world).await, "what is asked has to wait");
    play(&format!("socket.bufferedAmount = {LOW}"));
    assert!(matches!(world.next().await, Some(Input::Received(LINK, Ok(Message::Ping)))));
    assert!(matches!(world.next().await, Some(Input::Received(LINK, Err(Garbage::Cut)))));
    // The end is told all the same, after what came before it.
    world.send(LINK, Frame::Text("a".repeat(MESSAGE_BYTES)));
    play("socket.play('message', '{\"type\":\"ping\"}')");
    assert!(is_quiet(&mut world).await);
    play("socket.play('close')");
    assert!(matches!(world.next().await, Some(Input::Received(LINK, Ok(Message::Ping)))));
    assert!(matches!(world.next().await, Some(Input::Disconnected(LINK))));
}

#[test]
async fn a_frame_longer_than_any_message_is_not_even_copied() {
    for frame in ["new ArrayBuffer(LONG)", "'a'.repeat(LONG)"] {
        let (mut world, _played) = opened().await;
        let frame = frame.replace("LONG", &(MESSAGE_BYTES + 1).to_string());
        play(&format!("socket.play('message', {frame})"));
        play("socket.play('message', '{\"type\":\"ping\"}')");
        let refused = world.next().await;
        assert!(matches!(refused, Some(Input::Received(LINK, Err(Garbage::TooLong)))));
        assert!(matches!(world.next().await, Some(Input::Disconnected(LINK))));
        assert_eq!(closed().as_deref(), Some("4008 message too long"));
    }
}

#[test]
async fn who_sends_more_than_can_be_looked_at_is_left() {
    let (mut world, _played) = opened().await;
    play("for (let n = 0; n < 1025; n += 1) socket.play('message', '{\"type\":\"ping\"}')");
    assert!(matches!(world.next().await, Some(Input::Disconnected(LINK))));
    assert_eq!(closed().as_deref(), Some("4008 too much at once"));
}

#[test]
async fn on_its_way_down_nothing_is_sent() {
    let (mut world, _played) = opened().await;
    play("socket.readyState = 2");
    world.send(LINK, chunk());
    assert!(is_quiet(&mut world).await);
    assert_eq!(play("socket.sent.length").as_f64(), Some(0.0));
    play("socket.play('close')");
    assert!(matches!(world.next().await, Some(Input::Disconnected(LINK))));
}

#[test]
async fn what_is_closed_is_heard_no_more() {
    let (mut world, _played) = opened().await;
    play("socket.play('message', '{\"type\":\"ping\"}')");
    world.close(LINK);
    play("socket.play('message', '{\"type\":\"ping\"}'); socket.play('close')");
    assert!(is_quiet(&mut world).await);
    assert_eq!(closed().as_deref(), Some("1000 "));
}
