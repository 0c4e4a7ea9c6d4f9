//! The one way from a screen to the engine.

use std::collections::BTreeMap;

use effigy_core::Cid;
use effigy_core::lock::Lock;
use effigy_core::mnemonic::Words;
use effigy_core::share::Gathering;
use effigy_proto::{Command, Picture, Refusal, Ticket};
use futures_channel::{mpsc, oneshot};
use leptos::prelude::*;

use super::hub_clock::{HubClock, signs};
use super::phase::{Gathered, NewAccount, Wish};

/// How many commands may wait for the engine. A person is slower; a script that is not is told so.
const COMMANDS: usize = 64;
/// How many wishes may wait for `start`.
const WISHES: usize = 4;

/// Why something that was asked for was not done. Nothing changed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum NotDone {
    /// Too much is waiting already, or the engine is not there.
    Busy,
    /// The clock of this device is ahead: others would hold it back.
    Clock,
    /// The node said no.
    Refused(Refusal),
    /// The disk did not take it.
    Store {
        /// Whether for want of room.
        full: bool,
    },
}

/// What is durable: the id of the entry that says so, or why there is none.
pub(crate) type Answer = Result<Option<Cid>, NotDone>;

/// The receiving ends, for `start`.
pub(crate) struct Inbox {
    /// What the engine is asked.
    pub(crate) commands: mpsc::Receiver<Command>,
    /// What `start` itself is asked.
    pub(crate) wishes: mpsc::Receiver<Wish>,
}

/// Answers that somebody waits for.
#[derive(Clone, Copy)]
pub(crate) struct Tickets(StoredValue<Waiting>);

#[derive(Default)]
struct Waiting {
    answers: BTreeMap<Ticket, oneshot::Sender<Answer>>,
    last: u64,
}

impl Tickets {
    pub(super) fn new() -> Self {
        Self(StoredValue::new(Waiting::default()))
    }

    fn draw(self) -> (Ticket, oneshot::Receiver<Answer>) {
        let (answer, waiting) = oneshot::channel();
        let mut ticket = Ticket::default();
        self.0.update_value(|tickets| {
            tickets.last = tickets.last.saturating_add(1);
            ticket = Ticket(tickets.last);
            tickets.answers.insert(ticket, answer);
        });
        (ticket, waiting)
    }

    /// Hands an answer to whoever waits for it. Answers that nobody waits for are passed over.
    pub(super) fn settle(self, ticket: Ticket, answer: Answer) {
        let mut waiting = None;
        self.0.update_value(|tickets| waiting = tickets.answers.remove(&ticket));
        if let Some(waiting) = waiting {
            // The screen may be gone: then there is nobody to tell.
            waiting.send(answer).unwrap_or_default();
        }
    }

    /// The same answer for everybody who waits.
    pub(super) fn settle_all(self, answer: Answer) {
        let mut all = BTreeMap::new();
        self.0.update_value(|tickets| all = std::mem::take(&mut tickets.answers));
        for waiting in all.into_values() {
            waiting.send(answer).unwrap_or_default();
        }
    }
}

/// Sends commands to the engine. Cheap to copy into closures.
#[derive(Clone, Copy)]
pub(crate) struct Handle {
    clock: HubClock,
    commands: StoredValue<mpsc::Sender<Command>>,
    tickets: Tickets,
    wishes: StoredValue<mpsc::Sender<Wish>>,
}

impl Handle {
    /// The sending ends for the screens and the receiving ends for `start`.
    pub(super) fn open(tickets: Tickets) -> (Self, Inbox) {
        let (commands, commands_in) = mpsc::channel(COMMANDS);
        let (wishes, wishes_in) = mpsc::channel(WISHES);
        let handle = Self {
            clock: HubClock::new(),
            commands: StoredValue::new(commands),
            tickets,
            wishes: StoredValue::new(wishes),
        };
        (handle, Inbox { commands: commands_in, wishes: wishes_in })
    }

    /// How this device's clock compares with the hub's.
    pub(crate) const fn clock(self) -> HubClock {
        self.clock
    }

    /// Sends a command. Tells whether there was room for it.
    pub(crate) fn send(self, command: Command) -> bool {
        self.commands
            .try_update_value(|commands| commands.try_send(command).is_ok())
            .unwrap_or(false)
    }

    /// Sends a command with a ticket and waits until what it asks for is durable or refused.
    pub(crate) async fn request(self, command: impl FnOnce(Ticket) -> Command) -> Answer {
        let (ticket, answer) = self.tickets.draw();
        let command = command(ticket);
        if signs(&command) && self.clock.holds_back().await {
            self.tickets.settle(ticket, Err(NotDone::Clock));
        } else if !self.send(command) {
            self.tickets.settle(ticket, Err(NotDone::Busy));
        }
        answer.await.unwrap_or(Err(NotDone::Busy))
    }

    /// Asks `start` for something. Tells whether it was heard.
    pub(crate) fn wish(self, wish: Wish) -> bool {
        self.wishes.try_update_value(|wishes| wishes.try_send(wish).is_ok()).unwrap_or(false)
    }

    /// The recovery words, while this device still has them.
    pub(crate) async fn words(self) -> Option<Words> {
        let (tell, words) = oneshot::channel();
        if !self.wish(Wish::ShowWords(tell)) {
            return None;
        }
        words.await.ok().flatten()
    }

    /// Puts the keys behind another lock, or behind none. Tells whether that is durable.
    pub(crate) async fn change_lock(self, next: Option<Lock>) -> bool {
        let (tell, is_kept) = oneshot::channel();
        self.wish(Wish::ChangeLock(next, tell)) && is_kept.await.unwrap_or(false)
    }

    /// What friends have given so far of an account that is to come back; `None` where nothing can be begun.
    /// What cannot be read stays where it is, also where something is begun anew.
    pub(crate) async fn gathering(self, anew: bool) -> Option<Gathered> {
        let (tell, gathered) = oneshot::channel();
        if !self.wish(Wish::Gather { anew, tell }) {
            return None;
        }
        gathered.await.ok().flatten()
    }

    /// Keeps what friends have given so far. Tells whether it is durable.
    pub(crate) async fn keep_gathering(self, gathering: Gathering) -> bool {
        let (tell, is_kept) = oneshot::channel();
        self.wish(Wish::KeepGathering(Box::new(gathering), tell)) && is_kept.await.unwrap_or(false)
    }

    /// Forgets the recovery words, and waits until that is durable.
    pub(crate) async fn forget_words(self) -> Answer {
        let (ticket, answer) = self.tickets.draw();
        if !self.wish(Wish::ForgetWords(ticket)) {
            self.tickets.settle(ticket, Err(NotDone::Busy));
        }
        answer.await.unwrap_or(Err(NotDone::Busy))
    }

    /// Begins a new account and waits until it is durable.
    pub(crate) async fn start_account(
        self,
        name: String,
        picture: Option<Picture>,
        device_name: String,
    ) -> Answer {
        if self.clock.holds_back().await {
            return Err(NotDone::Clock);
        }
        let (ticket, answer) = self.tickets.draw();
        if !self.wish(Wish::Start(NewAccount { device_name, name, picture, ticket })) {
            self.tickets.settle(ticket, Err(NotDone::Busy));
        }
        answer.await.unwrap_or(Err(NotDone::Busy))
    }
}

#[cfg(test)]
mod tests {
    use effigy_proto::Command;
    use futures_util::FutureExt as _;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn an_answer_reaches_the_one_who_asked() {
        let owner = Owner::new();
        owner.set();
        let tickets = Tickets::new();
        let (handle, mut inbox) = Handle::open(tickets);
        let mut asked =
            Box::pin(handle.request(|ticket| Command::Delete { target: Cid::of(b"post"), ticket }));
        assert!(asked.as_mut().now_or_never().is_none());
        let Ok(Command::Delete { ticket, .. }) = inbox.commands.try_recv() else {
            panic!("the command did not arrive")
        };
        tickets.settle(Ticket(ticket.0 + 1), Ok(None));
        assert!(asked.as_mut().now_or_never().is_none());
        tickets.settle(ticket, Err(NotDone::Refused(Refusal::Unknown)));
        assert_eq!(asked.now_or_never(), Some(Err(NotDone::Refused(Refusal::Unknown))));
    }

    #[test]
    fn a_full_queue_says_busy() {
        let owner = Owner::new();
        owner.set();
        let (handle, _inbox) = Handle::open(Tickets::new());
        while handle.send(Command::Wake) {}
        let asked = handle.request(|ticket| Command::Delete { target: Cid::of(b""), ticket });
        assert_eq!(asked.now_or_never(), Some(Err(NotDone::Busy)));
    }
}
