//! Linking a device, on either of the two: the way to the hub, the agreement, and who says what.
//!
//! ```text
//! shows the offer                 hub                  takes it
//!    link_open ────────────────────▶
//!                                   ◀──────────────────── link_claim
//!    ◀──────────────────── link_met ────────────────────▶
//!    promise ──────────────────────────────────────────▶
//!    ◀────────────────────────────────────────── answer
//!    reveal ───────────────────────────────────────────▶
//!        both show the same pictures; the new one a number, for which the old one asks
//!    new: ready ─▶ · old: account ─▶ · new: consent ─▶ · old: added ─▶      all sealed
//! ```

mod account;

use effigy_core::limits::{LINK_TALK, LINK_VALID};
use effigy_core::link::{Agreed, Commitment, Half, Offer, Opening, Side, Token, agree};
use effigy_core::seal::SealingKey;
use effigy_core::{Span, Time};

use super::Node;
use super::state::Conn;
use crate::api::{Event, LinkCommand, LinkFailure, Linking, Shown};
use crate::io::{Link, Output};
use crate::message::{ErrorCode, LinkEnd, LinkStep, Message};
use account::Word;

/// How long the hub may take to answer.
const REACH: Span = Span::seconds(15);

/// A linking that goes on: one at a time.
#[derive(Debug)]
pub(super) struct Talk {
    half: Half,
    /// The hub where the two meet, and the connection to it.
    hub: String,
    link: Link,
    /// Whether that was dialled for this alone.
    is_own: bool,
    /// The key that the offer says, where it said one.
    key: Option<SealingKey>,
    /// What this device is called, should it be the new one.
    name: String,
    /// The number of what the hub was asked.
    request: u32,
    /// Whether this device shows the offer.
    shows: bool,
    side: Side,
    stage: Stage,
    /// Which of the two the other one says to be.
    theirs: Option<Side>,
    token: Token,
    until: Time,
}

/// How far it is.
#[derive(Debug)]
enum Stage {
    /// The hub is being reached, or has yet to answer.
    Reaching,
    /// The offer may be taken.
    Showing,
    /// The two have met and exchange their halves.
    Agreeing { promise: Option<Commitment> },
    /// The people compare, and what follows from that.
    Agreed(Box<account::Pact>),
}

impl Node {
    pub(super) fn link_command(&mut self, command: LinkCommand) {
        match command {
            LinkCommand::Approve { full, number, replaces } => {
                self.approve_link(full, number, replaces);
            }
            LinkCommand::Cancel => self.cancel_linking(),
            LinkCommand::Claim { name, shown: Shown::Letters { hub, token } } => {
                self.begin_linking(hub, token, None, false, name);
            }
            LinkCommand::Claim { name, shown: Shown::Offer(offer) } => {
                self.begin_linking(offer.hub, offer.token, Some(offer.key), false, name);
            }
            LinkCommand::Confirm => self.confirm_link(),
            LinkCommand::Show { hub, name } => {
                let token = Token::draw(&mut self.random);
                self.begin_linking(hub, token, None, true, name);
            }
        }
    }

    /// Which of the two devices this one is.
    fn link_side(&self) -> Side {
        if self.my_synod().is_some() { Side::Old } else { Side::New }
    }

    /// Goes to the hub where the two are to meet. Whatever went on before is given up.
    fn begin_linking(
        &mut self,
        hub: String,
        token: Token,
        key: Option<SealingKey>,
        shows: bool,
        name: String,
    ) {
        self.drop_linking();
        let side = self.link_side();
        if side == Side::Old && !self.may_add_devices() {
            return self.emit_linking(Linking::Failed(LinkFailure::NotAllowed));
        }
        let Ok(half) = Half::draw(&mut self.random) else { return };
        let open = self.hubs.iter().filter(|known| known.origin == hub).find_map(|hub| hub.link);
        let open = open.filter(|link| self.links.get(link).is_some_and(Conn::is_hub));
        let is_own = open.is_none();
        let link = open.unwrap_or_else(|| self.new_link());
        let until = self.now.after(REACH);
        let (stage, request) = (Stage::Reaching, self.request());
        let origin = hub.clone();
        self.linking = Some(Talk {
            half,
            hub,
            link,
            is_own,
            key,
            name,
            request,
            shows,
            side,
            stage,
            theirs: None,
            token,
            until,
        });
        self.emit_linking(Linking::Connecting);
        if is_own {
            self.outbox.push_back(Output::Dial(link, origin));
        } else {
            self.link_reached(link);
        }
    }

    /// The hub is there.
    pub(super) fn link_reached(&mut self, link: Link) {
        let Some(talk) = self.linking.as_ref().filter(|talk| talk.link == link) else { return };
        let (request, token) = (talk.request, talk.token);
        let message = if talk.shows {
            Message::LinkOpen { request, token }
        } else {
            Message::LinkClaim { request, token }
        };
        self.send(link, &message);
    }

    /// The hub keeps the offer.
    pub(super) fn link_shows(&mut self, link: Link, request: u32) {
        let until = self.now.after(LINK_VALID);
        let clock = self.clock_at(until);
        let Some(talk) = self.linking.as_mut().filter(|talk| talk.link == link) else { return };
        if !talk.shows || talk.request != request || !matches!(talk.stage, Stage::Reaching) {
            return;
        }
        (talk.stage, talk.until) = (Stage::Showing, until);
        let key = *talk.half.opening().key();
        let offer = Offer { hub: talk.hub.clone(), key, side: talk.side, token: talk.token };
        self.emit_linking(Linking::Showing { offer, until: clock });
    }

    /// The other device is there.
    pub(super) fn link_met(&mut self, link: Link) {
        let until = self.now.after(LINK_TALK);
        let Some(talk) = self.linking.as_mut().filter(|talk| talk.link == link) else { return };
        let is_due = if talk.shows {
            matches!(talk.stage, Stage::Showing)
        } else {
            matches!(talk.stage, Stage::Reaching)
        };
        if !is_due {
            return self.end_linking(Linking::Failed(LinkFailure::Untrusted));
        }
        let promise = talk.shows.then(|| talk.half.opening().commitment());
        (talk.stage, talk.until) = (Stage::Agreeing { promise }, until);
        let side = talk.side;
        if let Some(promise) = promise {
            self.emit_linking(Linking::Connecting);
            let step = LinkStep::Promise { commitment: promise, new: side == Side::New };
            self.send(link, &Message::LinkStep { step });
        }
    }

    /// Something of the other device, as the hub says. At a hub: of one of two that have met.
    pub(super) fn link_step(&mut self, link: Link, step: LinkStep) {
        if self.is_hub() {
            return self.pass_link_step(link, step);
        }
        if self.linking.as_ref().is_none_or(|talk| talk.link != link) {
            return;
        }
        let taken = match step {
            LinkStep::Answer { new, opening } => self.link_answered(new, &opening),
            LinkStep::Promise { commitment, new } => self.link_promised(commitment, new),
            LinkStep::Reveal { opening } => self.link_revealed(&opening),
            LinkStep::Sealed { body } => self.link_said(&body),
        };
        if let Err(why) = taken {
            self.end_linking(Linking::Failed(why));
        }
    }

    /// Who shows the offer has promised their half: this one is told.
    fn link_promised(&mut self, commitment: Commitment, new: bool) -> Result<(), LinkFailure> {
        let talk = self.linking.as_mut().ok_or(LinkFailure::Untrusted)?;
        let Stage::Agreeing { promise: promise @ None } = &mut talk.stage else {
            return Err(LinkFailure::Untrusted);
        };
        *promise = Some(commitment);
        talk.theirs = Some(side_of(new));
        let (link, opening) = (talk.link, talk.half.opening().clone());
        let step = LinkStep::Answer { new: talk.side == Side::New, opening };
        self.send(link, &Message::LinkStep { step });
        Ok(())
    }

    /// Who took the offer has told their half: the promise is kept.
    fn link_answered(&mut self, new: bool, taken: &Opening) -> Result<(), LinkFailure> {
        let talk = self.linking.as_mut().filter(|talk| talk.shows).ok_or(LinkFailure::Untrusted)?;
        talk.theirs = Some(side_of(new));
        let (link, shown) = (talk.link, talk.half.opening().clone());
        let step = LinkStep::Reveal { opening: shown.clone() };
        self.link_agrees(&shown, taken)?;
        self.send(link, &Message::LinkStep { step });
        self.link_goes_on()
    }

    /// The promise was kept, or was it?
    fn link_revealed(&mut self, shown: &Opening) -> Result<(), LinkFailure> {
        let talk =
            self.linking.as_ref().filter(|talk| !talk.shows).ok_or(LinkFailure::Untrusted)?;
        if talk.key.is_some_and(|key| key != *shown.key()) {
            return Err(LinkFailure::Untrusted);
        }
        let taken = talk.half.opening().clone();
        self.link_agrees(shown, &taken)?;
        self.link_goes_on()
    }

    /// Both agree. Two devices that both have an account tell each other which; else people compare.
    fn link_goes_on(&mut self) -> Result<(), LinkFailure> {
        let talk = self.linking.as_ref().ok_or(LinkFailure::Untrusted)?;
        match (talk.side, talk.theirs == Some(talk.side), self.my_synod()) {
            (Side::New, true, _) => Err(LinkFailure::NoAccount),
            (Side::Old, true, Some(synod)) => self.link_says(&Word::Belongs { synod }),
            _ => {
                self.link_compares();
                Ok(())
            }
        }
    }

    fn link_agrees(&mut self, shown: &Opening, taken: &Opening) -> Result<(), LinkFailure> {
        let talk = self.linking.as_mut().ok_or(LinkFailure::Untrusted)?;
        let Stage::Agreeing { promise: Some(promise) } = &talk.stage else {
            return Err(LinkFailure::Untrusted);
        };
        let shower = if talk.shows { Some(talk.side) } else { talk.theirs };
        let shower = shower.ok_or(LinkFailure::Untrusted)?;
        let agreed: Agreed = agree(shower, &talk.token, &talk.half, promise, shown, taken)
            .map_err(|_| LinkFailure::Untrusted)?;
        talk.stage = Stage::Agreed(Box::new(account::Pact::new(agreed)));
        Ok(())
    }

    /// The hub says that the two no longer have each other; at a hub, one of them does.
    pub(super) fn link_closed(&mut self, link: Link, why: LinkEnd) {
        if self.is_hub() {
            return self.leave_meeting(link);
        }
        if self.linking.as_ref().is_some_and(|talk| talk.link == link) {
            self.end_linking(Linking::Failed(match why {
                LinkEnd::Late => LinkFailure::Expired,
                LinkEnd::Left => LinkFailure::Cancelled,
                LinkEnd::Twice => LinkFailure::Twice,
            }));
        }
    }

    /// The hub refused something.
    pub(super) fn link_refused(&mut self, link: Link, about: u32, code: ErrorCode) {
        let Some(talk) = self.linking.as_ref().filter(|talk| talk.link == link) else { return };
        // A hub may refuse before it has read which request it is.
        let is_ours = about == talk.request || (about == 0 && code == ErrorCode::TooMuch);
        if !is_ours || !matches!(talk.stage, Stage::Reaching) {
            return;
        }
        self.end_linking(Linking::Failed(match code {
            ErrorCode::NotFound => LinkFailure::Invalid,
            ErrorCode::TooMuch => LinkFailure::TooOften,
            _ => LinkFailure::Offline,
        }));
    }

    /// A connection is gone, perhaps the one to the hub.
    pub(super) fn link_gone(&mut self, link: Link) {
        if self.linking.as_ref().is_some_and(|talk| talk.link == link) {
            self.linking = None;
            self.emit_linking(Linking::Failed(LinkFailure::Offline));
        }
    }

    fn cancel_linking(&mut self) {
        if self.linking.is_some() {
            self.end_linking(Linking::Failed(LinkFailure::Cancelled));
        }
    }

    /// Ends linking and says how.
    fn end_linking(&mut self, how: Linking) {
        self.drop_linking();
        self.emit_linking(how);
    }

    /// Lets the hub know, and the connection go that was made for it.
    fn drop_linking(&mut self) {
        let Some(talk) = self.linking.take() else { return };
        if self.links.get(&talk.link).is_some_and(Conn::is_hub) {
            self.send(talk.link, &Message::LinkClosed { why: LinkEnd::Left });
        }
        if talk.is_own {
            self.close(talk.link);
        }
    }

    pub(super) fn linking_due(&self) -> Option<Time> {
        self.linking.as_ref().map(|talk| talk.until)
    }

    /// Gives up what takes too long.
    pub(super) fn look_at_linking(&mut self) {
        let Some(talk) = self.linking.as_ref().filter(|talk| talk.until <= self.now) else {
            return;
        };
        let why = match talk.stage {
            Stage::Reaching => LinkFailure::Offline,
            _ => LinkFailure::Expired,
        };
        self.end_linking(Linking::Failed(why));
    }

    fn emit_linking(&mut self, linking: Linking) {
        self.emit(Event::Linking(linking));
    }

    /// Seals the next thing for the other device.
    fn link_says(&mut self, word: &Word) -> Result<(), LinkFailure> {
        let talk = self.linking.as_mut().ok_or(LinkFailure::Untrusted)?;
        let Stage::Agreed(pact) = &mut talk.stage else { return Err(LinkFailure::Untrusted) };
        let body = pact.seal(word)?;
        let link = talk.link;
        self.send(link, &Message::LinkStep { step: LinkStep::Sealed { body } });
        Ok(())
    }
}

const fn side_of(new: bool) -> Side {
    if new { Side::New } else { Side::Old }
}
