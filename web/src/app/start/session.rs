//! A run of the engine, and what the rest of the app gets to know of it.

use std::cell::RefCell;

use effigy_core::Identity;
use effigy_core::mnemonic::Words;
use effigy_engine::EngineError;
use effigy_net_web::{Stopper, WebWorld, random};
use effigy_proto::{Command, Config, Event, Keys, Known, Membership, Repair, Role, Ticket};
use effigy_store::{Store as _, StoreError};
use effigy_worker::Listener;
use futures_channel::mpsc::{self, Receiver, Sender};
use futures_util::future::{Either, join, select};
use futures_util::{StreamExt as _, pin_mut};
use leptos::prelude::{GetUntracked as _, document, window};

use super::account::{self, Account};
use super::breath::Breath;
use super::{Damage, Fault, Inbox, Model, NotDone, Opening, Phase, Wish};
use crate::app::phase::{NewAccount, Way};
use crate::browser::{clock, page, workers};

/// How many commands wait for the engine.
const COMMANDS: usize = 64;
/// How many events wait for the screens.
const EVENTS: usize = 64;
/// How many milliseconds pass before screens look again, while entries keep coming. Each look draws
/// lists anew, and nobody reads as fast as that.
const LOOK: u64 = 100;

/// Why a run ended.
pub(super) enum Ended {
    /// The engine cannot go on.
    Fault(Fault),
    /// The person gives up an account that has not begun, for one that they have elsewhere.
    Instead(Box<Wish>),
    /// The person takes the account out of this browser.
    Leave,
    /// The person gives up what is left of the account.
    StartOver,
    /// It was asked to end, and is through with what it did.
    Stopped,
}

/// Runs the engine of an account until it ends. `newcomer` has just made the account and has yet to
/// say who they are.
pub(super) async fn run(
    model: Model,
    inbox: &mut Inbox,
    account: Box<Account>,
    newcomer: Option<NewAccount>,
    opening: Opening,
    stopper: &RefCell<Option<Stopper>>,
) -> Ended {
    let Account { fence, keys, store } = *account;
    let (Some(me), Ok(seed)) = (keys.synod, random()) else {
        return Ended::Fault(Fault::Unsupported);
    };
    model.open(me, keys.device.identity(), opening);
    if opening == Opening::Thorough {
        // Where that cannot be written, the start is the usual one, and says so soon enough.
        let _ = store.apply(effigy_proto::reread()).await;
    }

    let world = WebWorld::new(Vec::new(), workers::pool(), account::note());
    let stop = world.stopper();
    stopper.replace(Some(stop.clone()));
    let (commands, commands_in) = mpsc::channel(COMMANDS);
    let (events, events_in) = mpsc::channel(EVENTS);
    let hubs = vec![page::origin()];
    let attendant = Attendant::new(model, &keys, commands.clone(), newcomer, stop);
    let config = Config { fence, hubs, keys, role: Role::Person, seed };
    let _waking = wake_with_page(commands.clone());

    let engine = effigy_engine::run(config, store, world, commands_in, events);
    let attend = attendant.attend(events_in, &mut inbox.wishes);
    // What was asked before there was an engine was asked of nobody.
    while inbox.commands.try_recv().is_ok() {}
    let forward = (&mut inbox.commands).map(Ok).forward(commands);
    let all = join(engine, attend);
    pin_mut!(all, forward);
    let ended = match select(all, forward).await {
        Either::Left((ended, _)) => ended,
        // The screens are gone, or the engine no longer listens because it is ending.
        Either::Right((_, all)) => all.await,
    };
    stopper.replace(None);
    match ended {
        (_, Left::Instead(wish)) => Ended::Instead(wish),
        (_, Left::Leave) => Ended::Leave,
        (_, Left::StartOver) => Ended::StartOver,
        (Ok(()), Left::Stopped) => Ended::Stopped,
        // Another tab has a later version, and brought the store forward.
        (Err(EngineError::Store(StoreError::Newer { .. })), Left::Stopped) => {
            Ended::Fault(Fault::LaterVersion)
        }
        (Err(error), Left::Stopped) => {
            leptos::logging::error!("the engine ended: {error}");
            Ended::Fault(Fault::Stopped)
        }
    }
}

/// Wakes the engine when the page comes back from where browsers put pages to sleep.
fn wake_with_page(commands: Sender<Command>) -> [Listener; 2] {
    let wake = move |mut commands: Sender<Command>| {
        // A full inbox wakes the engine as well.
        move |_| drop(commands.try_send(Command::Wake))
    };
    [
        Listener::new(&window(), "pageshow", wake(commands.clone())),
        Listener::new(&document(), "resume", wake(commands)),
    ]
}

/// What the person wished for last, and what ended the run.
enum Left {
    Instead(Box<Wish>),
    Leave,
    StartOver,
    Stopped,
}

/// Takes in what the engine tells, and decides what fills the page.
struct Attendant {
    breath: Breath,
    commands: Sender<Command>,
    /// The account and this device.
    feeds: [Identity; 2],
    /// Whether the account has said its first words.
    has_begun: bool,
    /// Whether the account began elsewhere and does not name this device, as far as is known.
    is_joining: bool,
    model: Model,
    /// Who has yet to say who they are.
    newcomer: Option<NewAccount>,
    /// What is missing, while this device must not write.
    repair: Option<Repair>,
    /// When screens last looked at what came.
    shown: u64,
    stop: Stopper,
    /// Whether the account did not name this device when this run began.
    was_outside: bool,
    /// By what this device comes into its account.
    way: Way,
    /// The recovery words, until the person has written them down or, of an account that began elsewhere,
    /// this device was added.
    words: Option<Words>,
}

impl Attendant {
    fn new(
        model: Model,
        keys: &Keys,
        commands: Sender<Command>,
        newcomer: Option<NewAccount>,
        stop: Stopper,
    ) -> Self {
        model.set_has_words(keys.words.is_some() && !keys.joining);
        let way = Way::of(keys);
        model.set_way(way);
        let device = keys.device.identity();
        Self {
            breath: Breath::new(),
            commands,
            feeds: [keys.synod.unwrap_or(device), device],
            has_begun: false,
            is_joining: keys.joining,
            model,
            newcomer,
            repair: None,
            shown: 0,
            stop,
            was_outside: false,
            way,
            words: keys.words.clone(),
        }
    }

    /// Takes in events until there are no more. Tells what the person wants then.
    async fn attend(mut self, mut events: Receiver<Event>, wishes: &mut Receiver<Wish>) -> Left {
        let mut left = Left::Stopped;
        loop {
            match select(events.next(), wishes.next()).await {
                Either::Left((Some(event), _)) => {
                    let mut next = Some(event);
                    while let Some(event) = next {
                        let is_added = matches!(event, Event::Membership(Membership::Member));
                        self.take(event);
                        if is_added {
                            self.settle_in().await;
                        }
                        next = events.try_recv().ok();
                        self.show(next.is_none());
                        self.breath.take().await;
                    }
                }
                Either::Left((None, _)) => return left,
                Either::Right((Some(Wish::StartOver), _)) => {
                    // Only where the remains of an account fill the page, or what is not one yet.
                    let phase = self.model.phase().get_untracked();
                    if matches!(phase, Phase::Repair(_) | Phase::Out(_))
                        || (phase == Phase::Joining && self.is_joining)
                    {
                        left = Left::StartOver;
                        self.stop.stop();
                    }
                }
                Either::Right((Some(Wish::Leave), _)) => {
                    left = Left::Leave;
                    self.stop.stop();
                }
                Either::Right((Some(wish), _)) if self.is_instead(&wish) => {
                    left = Left::Instead(Box::new(wish));
                    self.stop.stop();
                }
                Either::Right((Some(wish), _)) => self.grant(wish).await,
                Either::Right((None, _)) => {
                    while let Some(event) = events.next().await {
                        self.take(event);
                    }
                    return left;
                }
            }
        }
    }

    /// Whether somebody who has keys here and has not said who they are has an account elsewhere.
    fn is_instead(&self, wish: &Wish) -> bool {
        let is_elsewhere =
            matches!(wish, Wish::Gather { .. } | Wish::Link | Wish::Recover(_) | Wish::Restore(_));
        let phase = self.model.phase().get_untracked();
        is_elsewhere && !self.has_begun && !self.is_joining && phase == Phase::Welcome
    }

    /// Does what the person wishes while the engine runs.
    async fn grant(&mut self, wish: Wish) {
        match wish {
            Wish::BeginAnew => self.begin_anew().await,
            Wish::ChangeLock(next, tell) => {
                let is_kept = account::relock(next).await;
                self.model.look_at_lock();
                // Who no longer waits is not told.
                let _ = tell.send(is_kept);
            }
            Wish::ForgetWords(ticket) => self.forget_words(ticket).await,
            // Who no longer waits is not told.
            Wish::ShowWords(tell) => drop(tell.send(self.words.clone())),
            Wish::Start(newcomer) => self.begin(newcomer),
            Wish::Gather { .. }
            | Wish::Join { .. }
            | Wish::KeepGathering(..)
            | Wish::Leave
            | Wish::Link
            | Wish::LockForgotten
            | Wish::Open(_)
            | Wish::Recover(_)
            | Wish::Restore(_)
            | Wish::StartOver
            | Wish::Unlocked
            | Wish::UseHere => (),
        }
    }

    /// The person has written the words down: first they are gone for good, then that is said.
    async fn forget_words(&mut self, ticket: Ticket) {
        if !account::change(|keys| keys.words = None).await {
            let answer = Err(NotDone::Store { full: false });
            return self.model.tickets().settle(ticket, answer);
        }
        self.words = None;
        self.model.set_has_words(false);
        if self.commands.try_send(Command::ForgetWords { ticket }).is_err() {
            // The node has them no longer than until the page is closed.
            self.model.tickets().settle(ticket, Ok(None));
        }
    }

    /// The account names this device: it is one like all others from now on. Its words are on paper, but
    /// for those of a backup that was made before they were.
    async fn settle_in(&mut self) {
        let is_restored = self.way == Way::Backup;
        let is_kept = account::change(|keys| {
            (keys.joining, keys.voucher) = (false, None);
            if !is_restored {
                keys.words = None;
            }
        });
        // Where that could not be written down, the next start tries again.
        if !is_kept.await {
            return;
        }
        if is_restored {
            self.model.set_has_words(self.words.is_some());
            drop(self.commands.try_send(Command::ForgetVoucher));
        } else {
            self.words = None;
            drop(self.commands.try_send(Command::ForgetWords { ticket: Ticket::default() }));
        }
    }

    /// Nobody has the account any more, and the person wants to begin it anew by its words.
    async fn begin_anew(&self) {
        let has_nothing = self.model.membership().get_untracked() == Membership::Searching;
        let may = self.is_joining && has_nothing && self.way == Way::Words;
        if may && account::change(|keys| keys.joining = false).await {
            // The engine begins again, as one that may begin the account.
            self.stop.stop();
        }
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Ready => return self.ready(),
            Event::Entries(known) => {
                self.has_begun |= known.iter().any(|known| is_own(known, &self.feeds));
                self.model.apply(Event::Entries(known));
                return;
            }
            Event::Membership(Membership::Member) => {
                self.is_joining = false;
                // Only who saw it happen is told; at a later start the app just opens.
                if self.model.phase().get_untracked() == Phase::Joining && !self.was_outside {
                    self.model.set_phase(Phase::Running);
                }
            }
            Event::Membership(_) => self.was_outside = true,
            Event::Repair(repair) => self.repair = (!repair.mended).then_some(repair),
            // The node begins again, and tells anew where it stands.
            Event::StoreFailed { .. } => self.repair = None,
            _ => (),
        }
        let is_done = matches!(&event, Event::Done { .. });
        self.model.apply(event);
        // The first thing that is done is the account's beginning.
        if is_done && self.has_begun && self.model.phase().get_untracked() == Phase::Welcome {
            self.model.set_phase(Phase::Running);
        }
    }

    /// All that was kept has been read.
    fn ready(&mut self) {
        if self.model.phase().get_untracked() == Phase::Locked {
            // The lock is closing.
            self.model.apply(Event::Ready);
        } else if let Some(repair) = self.repair {
            self.model.set_phase(Phase::Repair(Damage::Behind(repair)));
        } else if self.is_joining {
            self.model.set_phase(Phase::Joining);
        } else if self.has_begun {
            self.model.apply(Event::Ready);
        } else if let Some(newcomer) = self.newcomer.take() {
            self.begin(newcomer);
        } else {
            // The browser ended between the keys and the first words.
            self.model.set_phase(Phase::Welcome);
        }
    }

    fn begin(&mut self, newcomer: NewAccount) {
        let NewAccount { device_name, name, picture, ticket } = newcomer;
        let begin = Command::Begin { device_name, name, picture, ticket };
        if self.commands.try_send(begin).is_err() {
            self.model.tickets().settle(ticket, Err(NotDone::Busy));
        }
    }

    /// Has screens look at what came: at the end, and from time to time before.
    fn show(&mut self, is_all: bool) {
        let now = clock::now();
        if is_all || now.saturating_sub(self.shown) >= LOOK {
            self.model.show();
            self.shown = now;
        }
    }
}

fn is_own(known: &Known, feeds: &[Identity]) -> bool {
    feeds.contains(&known.entry.header().identity)
}
