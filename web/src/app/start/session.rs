//! A run of the engine, and what the rest of the app gets to know of it.

use std::cell::RefCell;

use effigy_core::Identity;
use effigy_net_web::{Stopper, WebWorld, random};
use effigy_proto::{Command, Config, Event, Known, Repair, Role};
use effigy_store::Store as _;
use effigy_worker::Listener;
use futures_channel::mpsc::{self, Receiver, Sender};
use futures_util::future::{Either, join, select};
use futures_util::{StreamExt as _, pin_mut};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::{GetUntracked as _, document, window};

use super::account::Account;
use super::{Damage, Fault, Inbox, Model, NotDone, Opening, Phase, Wish};
use crate::app::phase::NewAccount;
use crate::browser::{clock, page, workers};

/// How many commands wait for the engine.
const COMMANDS: usize = 64;
/// How many events wait for the screens.
const EVENTS: usize = 64;
/// For how many milliseconds events may be taken in before the page gets a turn.
const BUDGET: u64 = 12;
/// How many milliseconds pass before screens look again, while entries keep coming. Each look draws
/// lists anew, and nobody reads as fast as that.
const LOOK: u64 = 100;

/// Why a run ended.
pub(super) enum Ended {
    /// The engine cannot go on.
    Fault(Fault),
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
    let device = keys.device.identity();
    model.open(me, device, opening);
    if opening == Opening::Thorough {
        // Where that cannot be written, the start is the usual one, and says so soon enough.
        let _ = store.apply(effigy_proto::reread()).await;
    }

    let world = WebWorld::new(Vec::new(), workers::pool());
    let stop = world.stopper();
    stopper.replace(Some(stop.clone()));
    let (commands, commands_in) = mpsc::channel(COMMANDS);
    let (events, events_in) = mpsc::channel(EVENTS);
    let hubs = vec![page::origin()];
    let config = Config { fence, hubs, keys, role: Role::Person, seed };
    let _waking = wake_with_page(commands.clone());

    let engine = effigy_engine::run(config, store, world, commands_in, events);
    let attendant = Attendant::new(model, [me, device], commands.clone(), newcomer, stop);
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
        (_, true) => Ended::StartOver,
        (Ok(()), false) => Ended::Stopped,
        (Err(error), false) => {
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

/// Takes in what the engine tells, and decides what fills the page.
struct Attendant {
    /// When the page last had a turn.
    breathed: u64,
    commands: Sender<Command>,
    /// The account and this device.
    feeds: [Identity; 2],
    /// Whether the account has said its first words.
    has_begun: bool,
    model: Model,
    /// Who has yet to say who they are.
    newcomer: Option<NewAccount>,
    /// What is missing, while this device must not write.
    repair: Option<Repair>,
    /// When screens last looked at what came.
    shown: u64,
    stop: Stopper,
}

impl Attendant {
    fn new(
        model: Model,
        feeds: [Identity; 2],
        commands: Sender<Command>,
        newcomer: Option<NewAccount>,
        stop: Stopper,
    ) -> Self {
        Self {
            breathed: clock::now(),
            commands,
            feeds,
            has_begun: false,
            model,
            newcomer,
            repair: None,
            shown: 0,
            stop,
        }
    }

    /// Takes in events until there are no more. Tells whether the person wants to start over.
    async fn attend(mut self, mut events: Receiver<Event>, wishes: &mut Receiver<Wish>) -> bool {
        let mut starts_over = false;
        loop {
            match select(events.next(), wishes.next()).await {
                Either::Left((Some(event), _)) => {
                    let mut next = Some(event);
                    while let Some(event) = next {
                        self.take(event);
                        next = events.try_recv().ok();
                        self.show(next.is_none());
                        self.breathe().await;
                    }
                }
                Either::Left((None, _)) => return starts_over,
                Either::Right((Some(Wish::Start(newcomer)), _)) => self.begin(newcomer),
                Either::Right((Some(Wish::StartOver), _)) => {
                    // Only where the remains of an account fill the page.
                    if let Phase::Repair(_) = self.model.phase().get_untracked() {
                        starts_over = true;
                        self.stop.stop();
                    }
                }
                Either::Right((Some(Wish::Open(_) | Wish::UseHere), _)) => (),
                Either::Right((None, _)) => {
                    while let Some(event) = events.next().await {
                        self.take(event);
                    }
                    return starts_over;
                }
            }
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
        if let Some(repair) = self.repair {
            self.model.set_phase(Phase::Repair(Damage::Behind(repair)));
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

    /// Gives the page a turn when much was taken in at once.
    async fn breathe(&mut self) {
        if clock::now().saturating_sub(self.breathed) < BUDGET {
            return;
        }
        // In the background a timer takes a second, and nobody is looking.
        if page::is_visible() {
            TimeoutFuture::new(0).await;
        }
        self.breathed = clock::now();
    }
}

fn is_own(known: &Known, feeds: &[Identity]) -> bool {
    feeds.contains(&known.entry.header().identity)
}
