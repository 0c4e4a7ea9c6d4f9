//! Lines, turns, and frames that workers look at.

use js_sys::Array;
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;

fn opened(inbox: &Inbox, link: Link) {
    inbox.add(link);
    inbox.announce(link, Input::Tick);
    assert!(matches!(inbox.pop(), Some((_, Arrival::News(Input::Tick)))));
}

#[test]
fn whoever_floods_is_cut_off_and_alone() {
    for (frames, text) in [(FRAMES, "a".to_owned()), (BYTES / 65_536, "a".repeat(65_536))] {
        let inbox = Inbox::default();
        opened(&inbox, Link(1));
        opened(&inbox, Link(2));
        for _ in 0..frames {
            inbox.frame(Link(1), text.as_str().into());
        }
        inbox.frame(Link(2), "quiet".into());
        assert!(matches!(inbox.pop(), Some((Link(1), Arrival::Text(..)))));
        inbox.frame(Link(1), text.as_str().into());
        inbox.frame(Link(1), text.as_str().into());
        assert!(matches!(inbox.pop(), Some((Link(2), Arrival::Text(..)))));
        assert!(matches!(inbox.pop(), Some((Link(1), Arrival::Flooded))));
        inbox.frame(Link(1), text.as_str().into());
        assert!(inbox.pop().is_none());
    }
}

#[test]
fn everybody_has_a_turn() {
    let inbox = Inbox::default();
    for link in [1, 2, 3] {
        opened(&inbox, Link(link));
    }
    for link in [1, 1, 1, 2, 3, 3] {
        inbox.frame(Link(link), "frame".into());
    }
    let order: Vec<u64> = std::iter::from_fn(|| inbox.pop()).map(|(link, _)| link.0).collect();
    assert_eq!(order, [1, 2, 3, 1, 3, 1]);
}

#[test]
fn what_came_before_the_announcement_is_told_after_it() {
    let inbox = Inbox::default();
    inbox.add(Link(1));
    inbox.frame(Link(1), "early".into());
    assert!(inbox.pop().is_none());
    inbox.announce(Link(1), Input::Tick);
    assert!(matches!(inbox.pop(), Some((_, Arrival::News(Input::Tick)))));
    assert!(matches!(inbox.pop(), Some((_, Arrival::Text(..)))));
}

#[test]
fn frames_of_no_kind_are_refused() {
    for odd in [JsValue::NULL, JsValue::from(7), js_sys::Object::new().into()] {
        let inbox = Inbox::default();
        opened(&inbox, Link(1));
        inbox.frame(Link(1), odd);
        assert!(matches!(inbox.pop(), Some((_, Arrival::Refused))));
        assert!(matches!(inbox.pop(), Some((_, Arrival::Closed))));
    }
}

#[test]
fn what_is_forgotten_says_nothing_more() {
    let inbox = Inbox::default();
    opened(&inbox, Link(1));
    inbox.frame(Link(1), "frame".into());
    inbox.remove(Link(1));
    inbox.closed(Link(1));
    assert!(inbox.pop().is_none());
}

/// A pool with one worker, which finds of every frame its first letter.
fn pool() -> Pool {
    Pool::new(1, || {
        let script = "
            self.onmessage = ({ data: [number, , text] }) => {
                const found = new Uint8Array([text.charCodeAt(0)]);
                self.postMessage([number, found.buffer]);
            };
            self.postMessage(null);";
        let parts = Array::of1(&JsValue::from_str(script));
        let blob = web_sys::Blob::new_with_str_sequence(&parts).ok()?;
        let address = web_sys::Url::create_object_url_with_blob(&blob).ok()?;
        web_sys::Worker::new(&address).ok()
    })
}

fn long(letter: &str) -> JsValue {
    letter.repeat(LONG as usize).into()
}

async fn next(inbox: &Inbox) -> (Link, Arrival) {
    for _ in 0..2_000 {
        if let Some(found) = inbox.pop() {
            return found;
        }
        gloo_timers::future::TimeoutFuture::new(10).await;
    }
    panic!("nothing came")
}

#[test]
async fn long_frames_are_checked_beside_the_page_and_keep_their_place() {
    let inbox = Inbox::new(pool());
    opened(&inbox, Link(1));
    inbox.frame(Link(1), long("a"));
    inbox.frame(Link(1), "short".into());
    for letter in ["b", "c"] {
        inbox.frame(Link(1), long(letter));
    }
    inbox.frame(Link(1), "short".into());
    inbox.closed(Link(1));
    assert!(inbox.pop().is_none(), "a worker looks at the first");
    let mut order = String::new();
    for _ in 0..6 {
        order += &match next(&inbox).await.1 {
            Arrival::Text(text, Check::Found(found)) => {
                let found = js_sys::Uint8Array::new(&found).to_vec();
                assert_eq!(found, [String::from(text).as_bytes()[0]], "its own answer");
                String::from_utf8(found).unwrap()
            }
            Arrival::Text(_, Check::Here) => "s".to_owned(),
            Arrival::Closed => "!".to_owned(),
            _ => panic!("what is this"),
        };
    }
    assert_eq!(order, "asbcs!");
}

#[test]
async fn one_who_keeps_workers_busy_holds_up_nobody_else() {
    let inbox = Inbox::new(pool());
    opened(&inbox, Link(1));
    opened(&inbox, Link(2));
    for _ in 0..40 {
        inbox.frame(Link(1), long("a"));
    }
    inbox.frame(Link(2), "short".into());
    assert!(matches!(inbox.pop(), Some((Link(2), Arrival::Text(_, Check::Here)))));
    inbox.frame(Link(2), long("b"));
    let mut before = 0;
    while next(&inbox).await.0 == Link(1) {
        before += 1;
    }
    assert!(before <= AHEAD + 2, "{before} were served before");
}

#[test]
async fn without_workers_the_page_checks_itself() {
    let lost = Pool::new(2, || None);
    for pool in [Pool::default(), lost] {
        let inbox = Inbox::new(pool);
        opened(&inbox, Link(1));
        for letter in ["a", "b", "c"] {
            inbox.frame(Link(1), long(letter));
        }
        for _ in 0..3 {
            assert!(matches!(next(&inbox).await.1, Arrival::Text(_, Check::Here)));
        }
    }
}

#[test]
async fn what_workers_find_for_a_connection_that_is_gone_is_dropped() {
    let inbox = Inbox::new(pool());
    opened(&inbox, Link(1));
    for _ in 0..20 {
        inbox.frame(Link(1), long("a"));
    }
    inbox.clear();
    // The node begins again, and the same number stands for another connection.
    opened(&inbox, Link(1));
    inbox.frame(Link(1), long("b"));
    let (_, Arrival::Text(text, Check::Found(found))) = next(&inbox).await else {
        panic!("not checked")
    };
    assert_eq!(String::from(text).as_bytes()[0], b'b');
    assert_eq!(js_sys::Uint8Array::new(&found).to_vec(), *b"b");
    gloo_timers::future::TimeoutFuture::new(200).await;
    assert!(inbox.pop().is_none());
}
