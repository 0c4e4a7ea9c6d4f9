//! Invites, and telling people that they are followed.

use data_encoding::BASE64URL_NOPAD;
use effigy_core::invite::Token;
use effigy_core::limits::INVITE_VALID;
use effigy_core::{Identity, Invite, Span, Time};
use effigy_feed::Relation;
use effigy_store::Batch;

use super::Node;
use super::hubs::Signal;
use super::restore::{follower_key, greeting_key, invite_key};
use super::state::{Conn, Greeting, Knock};
use crate::api::{Event, Refusal, Ticket};
use crate::io::Link;

/// Most accounts of strangers that are asked for at a time.
pub(super) const KNOCKING: usize = 64;
/// How long an account is asked for in whose name somebody knocked.
const KNOCK: Span = Span::minutes(2);
/// Most people whose greetings are remembered.
pub(super) const FOLLOWERS: usize = 10_000;

impl Node {
    /// Makes a new invite; the one before no longer counts.
    pub(super) fn new_invite(&mut self) {
        let token = Token(self.random.bytes());
        self.invite = Some((token, self.clock));
        let value = [self.clock.0.to_be_bytes().as_slice(), &token.0].concat();
        self.save(Batch::new().put(invite_key(), value).strict());
        self.show_invite();
    }

    /// Shows the invite, with the first hub as the place to meet.
    pub(super) fn show_invite(&mut self) {
        let (Some(synod), Some((token, made))) = (self.my_synod(), self.invite) else { return };
        if self.clock.since(made) >= INVITE_VALID {
            self.new_invite();
            return;
        }
        let hub = self.hubs.first().map(|hub| hub.origin.clone());
        self.emit(Event::Invite(Invite { hub, synod, token }));
    }

    pub(super) fn accept_invite(&mut self, invite: &Invite, ticket: Ticket) {
        let done = self.accept(invite);
        self.answer(ticket, done);
    }

    fn accept(&mut self, invite: &Invite) -> Result<Option<effigy_core::Cid>, Refusal> {
        let synod = invite.synod;
        if self.repair.is_some() {
            return Err(Refusal::Repairing);
        }
        self.add_greeting(synod, Some(invite.token.0));
        let blocked = self.is_blocked(&synod);
        if blocked {
            self.relate(Relation::Block, synod, false)?;
        }
        let done = if self.relations.holds(Relation::Follow, &synod) {
            Ok(None)
        } else {
            self.relate(Relation::Follow, synod, true)
        };
        match done {
            Ok(id) => {
                if let Some(hub) = &invite.hub {
                    self.add_hub(hub.clone());
                }
                self.retry_greetings_now();
                Ok(id)
            }
            Err(why) => {
                self.drop_greeting(synod);
                Err(why)
            }
        }
    }

    /// Remembers that somebody is to be told, until they have answered.
    pub(super) fn add_greeting(&mut self, synod: Identity, token: Option<[u8; 16]>) {
        if Some(synod) == self.my_synod() {
            return;
        }
        self.greetings.insert(synod, Greeting { token, attempts: 0, next: self.now });
        let value = token.map(|token| token.to_vec()).unwrap_or_default();
        self.save(Batch::new().put(greeting_key(&synod), value).strict());
    }

    pub(super) fn drop_greeting(&mut self, synod: Identity) {
        if self.greetings.remove(&synod).is_some() {
            self.save(Batch::new().delete(greeting_key(&synod)));
        }
    }

    /// Something changed that may make a greeting arrive: tries all again soon.
    pub(super) fn retry_greetings_now(&mut self) {
        let now = self.now;
        for greeting in self.greetings.values_mut() {
            greeting.next = greeting.next.min(now);
        }
        self.retry_greetings();
    }

    pub(super) fn retry_greetings(&mut self) {
        let now = self.now;
        let due: Vec<(Identity, Greeting)> = self
            .greetings
            .iter()
            .filter(|(_, greeting)| greeting.next <= now)
            .map(|(synod, greeting)| (*synod, greeting.clone()))
            .collect();
        if due.is_empty() {
            return;
        }
        let hubs: Vec<Link> =
            self.links.iter().filter(|(_, conn)| conn.is_hub()).map(|(link, _)| *link).collect();
        let Some(me) = self.my_synod() else { return };
        for (synod, greeting) in due {
            let devices: Vec<Identity> = self
                .synods
                .get(&synod)
                .map_or_else(Vec::new, |state| state.devices.keys().copied().collect());
            let token = greeting.token.map(|token| BASE64URL_NOPAD.encode(&token));
            for device in &devices {
                for hub in &hubs {
                    let signal = Signal::Greet { synod: me, token: token.clone() };
                    self.write_letter(*hub, *device, &signal);
                }
            }
            // Before anybody could be written to, nothing was tried: soon again.
            let tried = u32::from(!devices.is_empty() && !hubs.is_empty());
            let wait = self.backoff(greeting.attempts.saturating_add(1));
            if let Some(greeting) = self.greetings.get_mut(&synod) {
                greeting.attempts = greeting.attempts.saturating_add(tried).min(5);
                greeting.next = Time(now.0.saturating_add(wait));
            }
        }
    }

    pub(super) fn greetings_due(&self) -> Option<Time> {
        if self.greetings.is_empty() || !self.links.values().any(Conn::is_hub) {
            return None;
        }
        self.greetings.values().map(|greeting| greeting.next).min()
    }

    /// Somebody says that they follow this person. Whoever shows the invite is followed back.
    pub(super) fn greeted_by(
        &mut self,
        over: Link,
        device: Identity,
        synod: Identity,
        token: Option<&str>,
    ) {
        if self.is_blocked(&synod) || Some(synod) == self.my_synod() || self.repair.is_some() {
            return;
        }
        let shown = token
            .and_then(|token| BASE64URL_NOPAD.decode(token.as_bytes()).ok())
            .and_then(|token| <[u8; 16]>::try_from(token).ok())
            .map(Token);
        let valid = self.invite.is_some_and(|(token, made)| {
            shown == Some(token) && self.clock.since(made) < INVITE_VALID
        });
        // Whoever writes may name any account: it counts once that account names their device.
        let named =
            self.synods.get(&synod).is_some_and(|state| state.devices.contains_key(&device));
        if named {
            self.knocking.remove(&synod);
            self.let_in(Knock { device, invited: valid, over, until: self.now }, synod);
            return;
        }
        let now = self.now;
        self.knocking.retain(|_, knock| knock.until > now);
        if self.knocking.len() >= KNOCKING && valid {
            // Whoever shows the invite gets in, however many knock who do not.
            let uninvited = self.knocking.iter().filter(|(_, knock)| !knock.invited);
            let oldest = uninvited.min_by_key(|(_, knock)| knock.until).map(|(synod, _)| *synod);
            oldest.and_then(|oldest| self.knocking.remove(&oldest));
        }
        if self.knocking.len() < KNOCKING {
            let until = now.after(KNOCK);
            self.knocking.insert(synod, Knock { device, invited: valid, over, until });
            self.retrack();
        }
    }

    /// An account became known: whoever knocked in its name is let in if it names their device.
    pub(super) fn answer_knock(&mut self, synod: Identity) {
        let named = self.knocking.get(&synod).is_some_and(|knock| {
            self.synods.get(&synod).is_some_and(|state| state.devices.contains_key(&knock.device))
        });
        if named && let Some(knock) = self.knocking.remove(&synod) {
            self.let_in(knock, synod);
        }
    }

    /// Somebody follows this person, and is followed back if they showed the invite. Who was
    /// unfollowed by hand is not followed again by a letter that comes late or twice.
    fn let_in(&mut self, knock: Knock, synod: Identity) {
        let followed = self.relations.holds(Relation::Follow, &synod);
        let back =
            knock.invited && !followed && !self.relations.is_settled(Relation::Follow, &synod);
        if back && self.relate(Relation::Follow, synod, true).is_err() {
            return;
        }
        if self.followers.len() < FOLLOWERS && self.followers.insert(synod) {
            self.save(Batch::new().put(follower_key(&synod), []).strict());
            self.emit(Event::Followed { mutual: back || followed, synod });
            self.retrack();
            self.status_changed = true;
        }
        let greeted = Signal::Greeted { follows: back || followed };
        self.write_letter(knock.over, knock.device, &greeted);
    }

    /// Somebody confirms that they were told.
    pub(super) fn greeting_arrived(&mut self, device: Identity, follows: bool) {
        let synod = self
            .synods
            .values()
            .find(|state| state.devices.contains_key(&device))
            .map(|state| state.id);
        if let Some(synod) = synod {
            let greeting = self.greetings.get(&synod);
            let (asked, invited) =
                (greeting.is_some(), greeting.is_some_and(|greeting| greeting.token.is_some()));
            self.drop_greeting(synod);
            let is_room = self.followers.len() < FOLLOWERS;
            if asked && follows && is_room && self.followers.insert(synod) {
                self.save(Batch::new().put(follower_key(&synod), []).strict());
                // Of who followed long before this device was added nobody has to be told.
                if invited {
                    self.emit(Event::Followed { mutual: true, synod });
                }
            }
            self.status_changed = true;
        }
    }
}
