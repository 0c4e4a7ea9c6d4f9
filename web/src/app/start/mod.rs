//! Wires store, network and engine to the model. The only place that starts the engine.
//!
//! One task does everything, one step after the other:
//!
//! 1. It waits for the right to write ([`Locks`]): another tab may have it. While it waits, the
//!    person may say "Use it here".
//! 2. It looks at what this browser keeps ([`account`]): nothing, an account, or the remains of one.
//! 3. It runs the engine ([`session`]) until somebody else takes over, and begins again with 1.

mod account;
pub(crate) mod app_lock;
pub(crate) mod backup;
mod breath;
mod linking;
mod restore;
mod returning;
mod session;
#[cfg(test)]
mod tests;
pub(crate) mod unmarked;

use std::cell::RefCell;
use std::future::pending;

use effigy_net_web::Stopper;
use futures_util::StreamExt as _;
use futures_util::future::{Either, select};
use futures_util::pin_mut;
use gloo_timers::future::TimeoutFuture;
use wasm_bindgen_futures::spawn_local;

use super::error::{self, not_done};
use super::handle::{Handle, Inbox, NotDone};
use super::model::Model;
use super::phase::{Damage, Fault, NewAccount, Opening, Phase, Wish};
use crate::browser::lock::{How, Lock, Locks};
use crate::browser::tabs::{Tabs, Word};
use crate::browser::{accounts, page, starts, update};
use account::{Account, Found, Trouble};
use session::Ended;

/// After how many starts that came to nothing the person is asked how to start.
const FAILED_STARTS: u32 = 2;
/// How long a tab that is asked to give way may take, in milliseconds. A frozen one never answers.
const PATIENCE: u32 = 3_000;
/// How long a tab that has given way keeps the lock for whoever asked, in milliseconds.
const HANDOVER: u32 = 5_000;

/// Starts everything, and keeps the model true from then on.
#[expect(clippy::disallowed_methods, reason = "the one place that spawns the engine")]
pub(crate) fn boot(model: Model) -> Handle {
    let (handle, inbox) = Handle::open(model.tickets());
    spawn_local(run(model, handle, inbox));
    handle
}

async fn run(model: Model, handle: Handle, mut inbox: Inbox) {
    if accounts::list().is_empty() {
        unmarked::find().await;
    }
    let Some(locks) = Locks::find() else {
        return model.set_phase(Phase::Broken(Fault::Unguarded));
    };
    let mut tabs = Tabs::open();
    loop {
        let lock = match locks.take(How::IfFree).await {
            Some(lock) => lock,
            None => {
                model.set_phase(Phase::OtherTab);
                wait_for_turn(&locks, &mut tabs, &mut inbox).await
            }
        };
        model.set_phase(Phase::Loading);
        let ended = hold(model, handle, &mut inbox, lock, &mut tabs).await;
        // Whatever was asked and not done will not be done later, behind the person's back.
        while inbox.commands.try_recv().is_ok() {}
        model.tickets().settle_all(Err(NotDone::Busy));
        if let Err(fault) = ended {
            return model.set_phase(Phase::Broken(fault));
        }
        if app_lock::kind().is_some() {
            // A tab that gave way keeps neither the keys nor what it showed.
            page::reload();
            pending::<()>().await;
        }
    }
}

/// Waits until the other tab is gone, or until the person wants to go on here.
async fn wait_for_turn(locks: &Locks, tabs: &mut Tabs, inbox: &mut Inbox) -> Lock {
    // What was wished for before was about something else.
    while inbox.wishes.try_recv().is_ok() {}
    loop {
        let wish = {
            let turn = locks.take(How::InTurn);
            let wish = inbox.wishes.next();
            pin_mut!(turn);
            match select(turn, wish).await {
                Either::Left((Some(lock), _)) => return lock,
                // The browser gives no turns: only the person's wish is left.
                Either::Left((None, wish)) => wish.await,
                Either::Right((wish, _)) => wish,
            }
        };
        if matches!(wish, Some(Wish::UseHere))
            && let Some(lock) = take_over(locks, tabs).await
        {
            return lock;
        }
    }
}

/// Asks the other tab to give way, and takes the lock when it has, or does not answer.
async fn take_over(locks: &Locks, tabs: &mut Tabs) -> Option<Lock> {
    if tabs.say(Word::Yield) {
        let answer = tabs.hear(Word::Yielded);
        pin_mut!(answer);
        select(answer, TimeoutFuture::new(PATIENCE)).await;
    }
    locks.take(How::ByForce).await
}

/// Works as long as the lock lasts.
///
/// # Errors
/// When nothing works here, for whatever reason.
async fn hold(
    model: Model,
    handle: Handle,
    inbox: &mut Inbox,
    mut lock: Lock,
    tabs: &mut Tabs,
) -> Result<(), Fault> {
    let stopper = RefCell::new(None);
    let work = work(model, inbox, &stopper);
    pin_mut!(work);
    {
        let lost = lock.lost();
        let asked = tabs.hear(Word::Yield);
        pin_mut!(lost, asked);
        match select(select(lost, asked), &mut work).await {
            // Stolen: from here on not one write more. What is dropped here writes no more.
            Either::Left((Either::Left(_), _)) => return Ok(()),
            Either::Left((Either::Right(_), _)) => (),
            Either::Right((ended, _)) => return ended,
        }
    }
    let engine = stopper.borrow_mut().take();
    // From here on nobody types what would not be kept.
    model.set_phase(Phase::OtherTab);
    if let Some(engine) = engine {
        let finish = async {
            model.desk().save_all(handle).await;
            engine.stop();
            pending::<()>().await;
        };
        let lost = lock.lost();
        pin_mut!(finish, lost);
        // Finishes what is being written; but not for ever, and not when it is too late.
        let done = select(select(&mut work, finish), TimeoutFuture::new(PATIENCE));
        select(done, lost).await;
        // Whatever the engine told last.
        model.set_phase(Phase::OtherTab);
    }
    tabs.say(Word::Yielded);
    let lost = lock.lost();
    pin_mut!(lost);
    select(lost, TimeoutFuture::new(HANDOVER)).await;
    Ok(())
}

/// Looks at what is there and runs the engine, for as long as it goes.
///
/// # Errors
/// When nothing works here, for whatever reason.
async fn work(
    model: Model,
    inbox: &mut Inbox,
    stopper: &RefCell<Option<Stopper>>,
) -> Result<(), Fault> {
    let (mut begin, mut instead) = (None, None);
    let mut is_forgotten = false;
    let has_failed = starts::begin() >= FAILED_STARTS;
    loop {
        let found = account::find().await?;
        model.look_at_lock();
        let account = match found {
            Found::Account(account) => account,
            Found::Locked if !is_forgotten => {
                is_forgotten = locked(model, inbox).await;
                continue;
            }
            found @ (Found::Locked | Found::Nothing | Found::Remains) => {
                let is_new = matches!(found, Found::Nothing);
                model.set_phase(match found {
                    Found::Nothing => Phase::Welcome,
                    Found::Locked => Phase::Repair(Damage::LockForgotten),
                    _ => Phase::Repair(Damage::KeysLost),
                });
                let wish = wish_of_newcomer(model, inbox, instead.take()).await?;
                match make_account(model, wish, is_new).await? {
                    Some((account, newcomer)) => {
                        begin = newcomer;
                        account
                    }
                    None => continue,
                }
            }
        };
        let opening = if has_failed && begin.is_none() {
            how_to_open(model, inbox).await
        } else {
            Opening::Usual
        };
        match session::run(model, inbox, account, begin.take(), opening, stopper).await {
            Ended::Fault(fault) => return Err(fault),
            Ended::Instead(wish) => {
                start_over(model).await;
                instead = Some(*wish);
            }
            Ended::Leave => leave(model).await,
            Ended::StartOver => {
                start_over(model).await;
            }
            Ended::Stopped => return Ok(()),
        }
    }
}

/// Waits until the app lock is open. True when nobody can open it, and the person wants another way back.
async fn locked(model: Model, inbox: &mut Inbox) -> bool {
    model.set_phase(Phase::Locked);
    loop {
        match next_wish(inbox).await {
            Wish::LockForgotten => return true,
            Wish::Unlocked => {
                model.set_phase(Phase::Loading);
                return false;
            }
            _ => (),
        }
    }
}

/// What is to be done next, after all that can be done without an account.
///
/// # Errors
/// When nothing works here.
async fn wish_of_newcomer(
    model: Model,
    inbox: &mut Inbox,
    first: Option<Wish>,
) -> Result<Wish, Fault> {
    let mut wish = match first {
        Some(wish) => wish,
        None => next_wish(inbox).await,
    };
    loop {
        wish = match wish {
            Wish::Link => linking::run(model, inbox).await?,
            Wish::Gather { anew, tell } => {
                let gathered =
                    if anew { returning::begin().await } else { returning::go_on().await };
                // Who no longer waits is not told.
                let _ = tell.send(gathered);
                next_wish(inbox).await
            }
            Wish::KeepGathering(gathering, tell) => {
                let _ = tell.send(returning::keep(&gathering).await);
                next_wish(inbox).await
            }
            wish => return Ok(wish),
        };
    }
}

/// Makes a new account where there is no sign of another, or keys for one that began elsewhere. `None` when
/// nothing came of it, which the person was told.
///
/// # Errors
/// When nothing works here, for whatever reason.
async fn make_account(
    model: Model,
    wish: Wish,
    is_new: bool,
) -> Result<Option<(Box<Account>, Option<NewAccount>)>, Fault> {
    if let Some(why) = is_here_already(&wish) {
        model.toasts().trouble(why);
        model.forget_linking();
        return Ok(None);
    }
    let (made, newcomer) = match wish {
        Wish::Join { hubs, keys } => (account::join(*keys, &hubs).await, None),
        Wish::Recover(words) => (account::recover(words).await, None),
        Wish::Restore(wish) => {
            let account = restore::run(model, wish).await;
            if account.is_some() {
                // What friends gave meanwhile is the account's root, and has no place here.
                returning::forget().await;
            }
            return Ok(account.map(|account| (account, None)));
        }
        Wish::Start(newcomer) if is_new => (account::make().await, Some(newcomer)),
        Wish::StartOver => {
            start_over(model).await;
            return Ok(None);
        }
        _ => return Ok(None),
    };
    match (made, newcomer) {
        (Ok(account), newcomer) => {
            returning::forget().await;
            Ok(Some((account, newcomer)))
        }
        (Err(Trouble::Fault(fault)), _) => Err(fault),
        (Err(Trouble::Write { full }), Some(newcomer)) => {
            model.tickets().settle(newcomer.ticket, Err(NotDone::Store { full }));
            Ok(None)
        }
        (Err(Trouble::Write { full }), None) => {
            model.toasts().trouble(not_done(NotDone::Store { full }));
            Ok(None)
        }
    }
}

/// Why an account is not added that is another one of this browser.
fn is_here_already(wish: &Wish) -> Option<&'static str> {
    let (account, why) = match wish {
        Wish::Join { keys, .. } => (keys.synod?, error::LINKED_ALREADY),
        Wish::Recover(words) => (words.root_sign().identity(), error::HERE_ALREADY),
        _ => return None,
    };
    accounts::is_elsewhere(&account).then_some(why)
}

/// Asks the person how to start after starts that came to nothing.
async fn how_to_open(model: Model, inbox: &mut Inbox) -> Opening {
    model.set_phase(Phase::Careful);
    loop {
        if let Wish::Open(opening) = next_wish(inbox).await {
            model.set_phase(Phase::Loading);
            return opening;
        }
    }
}

async fn next_wish(inbox: &mut Inbox) -> Wish {
    match inbox.wishes.next().await {
        Some(wish) => wish,
        // The page that could wish for something is gone.
        None => pending().await,
    }
}

/// Takes the account out of this browser, and opens another one that is here.
async fn leave(model: Model) {
    model.set_phase(Phase::Loading);
    if !start_over(model).await {
        return;
    }
    let other = accounts::others().first().map(|other| other.number);
    page::replace(if other.is_some() { "#/you/accounts" } else { "#/" });
    // What it showed stays in memory no longer than it must.
    if update::can_load_again().await && accounts::choose(other.unwrap_or_default()) {
        page::reload();
        // Nothing begins on this page any more.
        pending::<()>().await;
    }
}

/// Removes what is left of the account. Tells whether it is gone.
async fn start_over(model: Model) -> bool {
    let is_gone = account::forget().await;
    if !is_gone {
        model.toasts().trouble(
            "What is left of the old account could not be removed. Close all other tabs of Effigy \
             and try again.",
        );
    }
    is_gone
}
