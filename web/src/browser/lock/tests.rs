//! Two tabs at once, played by two requests of one page.

use futures_util::future::{Either, join, select};
use futures_util::pin_mut;
use gloo_timers::future::TimeoutFuture;
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{How, Locks, Manager};

/// Long enough for anything that is going to happen, in milliseconds.
const WHILE: u32 = 2_500;

/// Both kinds, one after the other: each test asks the same of them.
fn kinds() -> [Locks; 2] {
    [Locks::Manager(Manager::find().expect("Chromium has locks")), Locks::Leases]
}

#[test]
async fn this_browser_uses_its_own_locks() {
    assert!(matches!(Locks::find(), Some(Locks::Manager(_))));
}

#[test]
async fn one_has_it_and_then_the_next() {
    for locks in kinds() {
        let first = locks.take(How::IfFree).await.expect("free");
        assert!(locks.take(How::IfFree).await.is_none());
        let turn = locks.take(How::InTurn);
        let give = async {
            TimeoutFuture::new(300).await;
            drop(first);
        };
        let (second, ()) = join(turn, give).await;
        assert!(second.is_some());
        assert!(locks.take(How::IfFree).await.is_none());
        drop(second);
        // The browser hears of it in its own time.
        TimeoutFuture::new(100).await;
        assert!(locks.take(How::IfFree).await.is_some());
        TimeoutFuture::new(100).await;
    }
}

#[test]
async fn who_is_robbed_knows_and_gives_nothing_back() {
    for locks in kinds() {
        let mut first = locks.take(How::IfFree).await.expect("free");
        {
            let lost = first.lost();
            pin_mut!(lost);
            assert!(matches!(select(lost, TimeoutFuture::new(200)).await, Either::Right(_)));
        }
        let second = locks.take(How::ByForce).await.expect("by force");
        {
            let lost = first.lost();
            pin_mut!(lost);
            assert!(matches!(select(lost, TimeoutFuture::new(WHILE)).await, Either::Left(_)));
        }
        drop(first);
        TimeoutFuture::new(100).await;
        assert!(locks.take(How::IfFree).await.is_none());
        drop(second);
        TimeoutFuture::new(100).await;
    }
}

#[test]
async fn who_no_longer_waits_is_passed_over() {
    for locks in kinds() {
        let first = locks.take(How::IfFree).await.expect("free");
        {
            let turn = locks.take(How::InTurn);
            pin_mut!(turn);
            assert!(matches!(select(turn, TimeoutFuture::new(200)).await, Either::Right(_)));
        }
        drop(first);
        TimeoutFuture::new(100).await;
        assert!(locks.take(How::IfFree).await.is_some());
        TimeoutFuture::new(100).await;
    }
}
