//! What the screens show. Only [`Model::apply`] changes what came from the engine.

use std::collections::BTreeMap;

use effigy_core::{Cid, Identity, Invite, Payload};
use effigy_feed::View;
use effigy_proto::backup::Counts;
use effigy_proto::{
    Agreed, ContentKind, Event, HandStep, Known, Linking, Membership, Network, Repair, Shares,
    Transfer, registers,
};
use leptos::prelude::*;

use super::agreed::Agreement;
use super::conditions::Costs;
use super::contents::Contents;
use super::desk::Desk;
use super::handle::{NotDone, Tickets};
use super::long::Long;
use super::phase::{Damage, Opening, Out, Phase, Way};
use super::start::app_lock::{self, Kind};
use super::toasts::{Said, Toasts};

/// Everything on screen. Plain data inside; the signals only say when to look again.
#[derive(Clone, Copy)]
pub(crate) struct Model {
    agreed: Agreement,
    /// A connection that people arrange themselves.
    by_hand: RwSignal<Option<(Identity, HandStep)>>,
    contents: Contents,
    costs: Costs,
    desk: Desk,
    feeds: StoredValue<Feeds>,
    /// How many bytes the last request for room brought.
    freed: StoredValue<u64>,
    /// Whether this device still has the recovery words.
    has_words: RwSignal<bool>,
    invite: RwSignal<Option<Invite>>,
    /// Whether posts of others and pictures are left out.
    is_narrow: RwSignal<bool>,
    /// Where linking a device stands.
    linking: RwSignal<Option<Linking>>,
    /// By what the app lock opens, where there is one.
    lock: RwSignal<Option<Kind>>,
    long: Long,
    /// Where this device stands with an account that began elsewhere.
    membership: RwSignal<Membership>,
    network: RwSignal<Network>,
    /// Whether the person said that this device goes on without what is missing.
    overridden: StoredValue<bool>,
    /// Milliseconds since the epoch, moved on every few seconds: what "5 min" is counted from.
    now: RwSignal<u64>,
    /// Set once this device can write nothing any more.
    out: RwSignal<Option<Out>>,
    phase: RwSignal<Phase>,
    repair: RwSignal<Option<Repair>>,
    /// The closed account that the person has said is to stay on this device for now.
    stays: RwSignal<Option<Identity>>,
    /// What a backup held that was restored here since the app was opened.
    restored: RwSignal<Option<Restored>>,
    /// The share of somebody that was sealed for the device on which they come back.
    returned: RwSignal<Option<(Identity, String)>>,
    /// Counts the changes of `feeds`.
    revision: RwSignal<u64>,
    /// Shares of this account at friends, and of friends' accounts here.
    shares: RwSignal<Shares>,
    /// Whether entries came that no screen has looked at.
    stale: StoredValue<bool>,
    tickets: Tickets,
    toasts: Toasts,
    /// Set while the store takes nothing: whether for want of room.
    unwritable: RwSignal<Option<bool>>,
    /// By what this device comes into its account.
    way: RwSignal<Way>,
    /// Whether the person was asked for their words since the app was opened, and said later.
    words_later: RwSignal<bool>,
}

/// What a backup held that was restored.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Restored {
    /// All of it, counted.
    pub(crate) counts: Counts,
    /// When it was made, in milliseconds since the epoch.
    pub(crate) made: u64,
}

/// What follows from the entries.
#[derive(Default)]
struct Feeds {
    /// This device.
    device: Option<Identity>,
    /// Where each of this device's own entries stands in its feed: receipts are counted by it.
    positions: BTreeMap<Cid, u32>,
    view: Option<View>,
}

impl Model {
    /// A model that knows nothing yet.
    pub(crate) fn new() -> Self {
        Self {
            agreed: Agreement::new(),
            by_hand: RwSignal::new(None),
            contents: Contents::new(),
            costs: Costs::new(),
            desk: Desk::new(),
            feeds: StoredValue::new(Feeds::default()),
            freed: StoredValue::new(0),
            has_words: RwSignal::new(false),
            invite: RwSignal::new(None),
            is_narrow: RwSignal::new(false),
            linking: RwSignal::new(None),
            lock: RwSignal::new(None),
            long: Long::new(),
            membership: RwSignal::new(Membership::Searching),
            network: RwSignal::new(Network::default()),
            overridden: StoredValue::new(false),
            now: RwSignal::new(0),
            out: RwSignal::new(None),
            phase: RwSignal::new(Phase::Loading),
            repair: RwSignal::new(None),
            restored: RwSignal::new(None),
            stays: RwSignal::new(None),
            returned: RwSignal::new(None),
            revision: RwSignal::new(0),
            shares: RwSignal::new(Shares::default()),
            stale: StoredValue::new(false),
            tickets: Tickets::new(),
            toasts: Toasts::new(),
            unwritable: RwSignal::new(None),
            way: RwSignal::new(Way::Device),
            words_later: RwSignal::new(false),
        }
    }

    /// Says whose app this is, before the first event: the account and this device; and what of what
    /// was kept is shown.
    pub(crate) fn open(self, me: Identity, device: Identity, opening: Opening) {
        let is_narrow = opening == Opening::OwnOnly;
        self.is_narrow.set(is_narrow);
        self.contents.stop(is_narrow);
        self.feeds.set_value(Feeds {
            device: Some(device),
            positions: BTreeMap::new(),
            view: Some(View::new(me)),
        });
        self.agreed.clear();
        // Another tab may have written on, or sent it.
        self.desk.clear();
        self.network.set(Network::default());
        self.membership.set(Membership::Searching);
        self.invite.set(None);
        self.by_hand.set(None);
        self.repair.set(None);
        self.out.set(None);
        self.returned.set(None);
        self.shares.set(Shares::default());
        self.set_unwritable(None);
        self.revise();
    }

    /// Why this device can write nothing any more, if so.
    pub(crate) fn out(self) -> Signal<Option<Out>> {
        self.out.into()
    }

    /// Whether the closed account stays on this device for now, as the person said.
    pub(crate) fn stays(self) -> bool {
        self.me().is_some() && self.stays.get() == self.me()
    }

    /// The person says that the closed account stays on this device for now.
    pub(crate) fn keep_for_now(self) {
        self.stays.set(self.me());
    }

    /// Where the app as a whole stands.
    pub(crate) fn phase(self) -> Signal<Phase> {
        self.phase.into()
    }

    /// Says where the app as a whole stands. For `start`; everything else follows from events.
    pub(crate) fn set_phase(self, phase: Phase) {
        if self.phase.get_untracked() != phase {
            self.phase.set(phase);
        }
    }

    /// Moves the clock that times are told by. Milliseconds since the epoch.
    pub(super) fn set_now(self, now: u64) {
        self.now.set(now);
    }

    /// Takes in what became true. Screens look at new entries with the next [`show`](Self::show).
    pub(crate) fn apply(self, event: Event) {
        match event {
            Event::ByHand { step, synod } => self.by_hand.set(Some((synod, step))),
            Event::Called { name, synod } => self.view_changes(|view| view.remember(synod, &name)),
            Event::Closed => self.leave(Out::Closed),
            Event::Content { bytes, cid, size } => {
                self.contents.arrived((cid, size), bytes.as_deref());
            }
            Event::Done { id, ticket } => {
                // Something could be written.
                self.set_unwritable(None);
                self.tickets.settle(ticket, Ok(id));
            }
            Event::Draft { slot, text } => self.desk.kept(slot, text),
            Event::DraftPicture { picture, place, slot } => {
                self.desk.picture_came(&slot, place, picture);
            }
            Event::Entries(entries) => self.take_in(&entries),
            Event::Followed { mutual, synod } => {
                self.toasts.say(Said::Followed { mutual, synod });
            }
            Event::Forgotten(synod) => self.view_changes(|view| view.forget(&synod)),
            Event::Freed(bytes) => self.freed.set_value(bytes),
            Event::Invite(invite) => self.invite.set(Some(invite)),
            Event::Linking(linking) => self.linking.set(Some(linking)),
            Event::Members(members) => self.view_changes(|view| view.settle(*members)),
            Event::Membership(membership) => self.membership.set(membership),
            Event::Network(network) => self.network.set(network),
            Event::NotKept { full, ticket } => {
                self.tickets.settle(ticket, Err(NotDone::Store { full }));
            }
            Event::Range { bytes, number, .. } => self.long.came(number, bytes),
            Event::Ready => self.ready(),
            Event::Registers(all) => all.into_iter().for_each(|agreed| self.agree(agreed)),
            Event::Refused { ticket, why } => {
                self.tickets.settle(ticket, Err(NotDone::Refused(why)));
            }
            Event::Removed { counts, of } => self.leave(Out::Removed { counts, of }),
            Event::Repair(repair) => self.mend(repair),
            Event::ShareCame { synod } => self.toasts.say(Said::Helps { synod }),
            Event::ShareReturned { synod, text } => self.returned.set(Some((synod, text))),
            Event::Shares(shares) => self.shares.set(shares),
            Event::StoreFailed { full } => {
                self.desk.doubt();
                self.set_unwritable(Some(full));
            }
            Event::Transfer(transfer) => self.moved(transfer),
            Event::Withdrawn(entries) => self.view_changes(|view| {
                for known in &entries {
                    if let Some(payload) = &known.payload {
                        view.withdraw(&known.entry, payload);
                    }
                }
            }),
            // For operators of hubs.
            Event::Room | Event::Upkeep(_) => (),
        }
    }

    /// All that was kept has been read.
    fn ready(self) {
        // A lock that is closing is not opened by that.
        if self.phase.get_untracked() != Phase::Locked {
            self.set_phase(self.out.get_untracked().map_or(Phase::Running, Phase::Out));
        }
        // What a node was asked before its store failed, it has forgotten.
        self.contents.ask_again();
        self.long.ask_again();
        self.costs.tell_again();
    }

    fn agree(self, agreed: Agreed) {
        if let Some(slot) = agreed.name.strip_prefix(registers::DRAFT) {
            self.desk.agreed(slot.to_owned(), agreed);
        } else {
            self.agreed.came(agreed);
        }
    }

    fn moved(self, transfer: Transfer) {
        if transfer.kind == ContentKind::Picture {
            self.contents.moved(transfer);
        } else {
            self.long.moved(transfer);
        }
    }

    fn view_changes(self, change: impl FnOnce(&mut View)) {
        self.feeds.update_value(|feeds| {
            if let Some(view) = feeds.view.as_mut() {
                change(view);
            }
        });
        self.revise();
    }

    /// This device can write nothing any more: that is said once, in the way of everything else.
    fn leave(self, out: Out) {
        if self.out.get_untracked() != Some(out) {
            self.out.set(Some(out));
            if matches!(self.phase.get_untracked(), Phase::Out(_) | Phase::Running) {
                self.set_phase(Phase::Out(out));
            }
        }
    }

    fn take_in(self, entries: &[Known]) {
        let is_narrow = self.is_narrow.get_untracked();
        self.feeds.update_value(|feeds| {
            let me = feeds.view.as_ref().map(View::me);
            for known in entries {
                if is_narrow && is_post_of_others(known, me) {
                    continue;
                }
                if Some(known.entry.header().identity) == feeds.device {
                    feeds.positions.insert(known.entry.id(), known.position);
                }
                if let (Some(view), Some(payload)) = (feeds.view.as_mut(), &known.payload) {
                    view.insert(&known.entry, payload);
                }
            }
        });
        self.stale.set_value(true);
    }

    /// Has screens look at what came.
    pub(crate) fn show(self) {
        if self.stale.get_value() {
            self.revise();
        }
    }

    fn mend(self, repair: Repair) {
        self.repair.set((!repair.mended).then_some(repair));
        if repair.mended {
            self.toasts.note(if self.overridden.get_value() {
                "You go on without the missing posts. You can post again."
            } else {
                "This device has caught up with itself. You can post again."
            });
            self.overridden.set_value(false);
        }
        if let Phase::Repair(Damage::Behind(_)) = self.phase.get_untracked() {
            let next =
                if repair.mended { Phase::Running } else { Phase::Repair(Damage::Behind(repair)) };
            self.set_phase(next);
        }
    }

    fn set_unwritable(self, full: Option<bool>) {
        if self.unwritable.get_untracked() != full {
            self.unwritable.set(full);
        }
    }

    /// Notes that the person goes on without what is missing, whatever others hold.
    pub(crate) fn override_repair(self) {
        self.overridden.set_value(true);
    }

    fn revise(self) {
        self.stale.set_value(false);
        self.revision.update(|revision| *revision = revision.wrapping_add(1));
    }

    /// Looks at what follows from the entries, and again whenever entries come. `None` before there
    /// is an account.
    pub(crate) fn with_view<T>(self, look: impl FnOnce(&View) -> T) -> Option<T> {
        self.revision.track();
        self.with_view_once(look)
    }

    /// The same without looking again.
    pub(crate) fn with_view_once<T>(self, look: impl FnOnce(&View) -> T) -> Option<T> {
        self.feeds.try_with_value(|feeds| feeds.view.as_ref().map(look)).flatten()
    }

    /// The account of this person. Stays the same for as long as a screen lives.
    pub(crate) fn me(self) -> Option<Identity> {
        self.with_view_once(View::me)
    }

    /// This device. Stays the same for as long as a screen lives.
    pub(crate) fn device(self) -> Option<Identity> {
        self.feeds.with_value(|feeds| feeds.device)
    }

    /// Where an entry of this device stands in its feed, from 0; `None` for entries of others.
    pub(crate) fn position(self, id: &Cid) -> Option<u32> {
        self.revision.track();
        self.feeds.with_value(|feeds| feeds.positions.get(id).copied())
    }

    /// Whether this device may only post: what else concerns the account is done on another one.
    pub(crate) fn only_posts(self) -> Memo<bool> {
        Memo::new(move |_| {
            self.network.with(|network| {
                network.devices.iter().any(|device| device.is_this && !device.is_admin)
            })
        })
    }

    /// What is being written.
    pub(crate) const fn desk(self) -> Desk {
        self.desk
    }

    /// What the person's devices agree on.
    pub(crate) const fn agreed(self) -> Agreement {
        self.agreed
    }

    /// How many posts of others came to Home since the person last read there; as many as are counted,
    /// if there are more.
    pub(crate) fn unread(self, most: usize) -> usize {
        let Some(read) = self.agreed.read().get() else { return 0 };
        self.with_view(|view| {
            let newest = view.timeline(None, most.saturating_mul(2));
            let posts = newest.iter().filter_map(|id| view.post_by_id(id));
            let new = posts.filter(|post| post.author != view.me() && post.order.0 > read);
            new.take(most).count()
        })
        .unwrap_or_default()
    }

    /// The pictures at hand.
    pub(crate) const fn contents(self) -> Contents {
        self.contents
    }

    /// What sharing costs this device.
    pub(crate) const fn costs(self) -> Costs {
        self.costs
    }

    /// Videos, files and folders.
    pub(crate) const fn long(self) -> Long {
        self.long
    }

    /// The invite to show.
    pub(crate) fn invite(self) -> Signal<Option<Invite>> {
        self.invite.into()
    }

    /// How far a connection is that people arrange themselves, and with whom.
    pub(crate) fn by_hand(self) -> Signal<Option<(Identity, HandStep)>> {
        self.by_hand.into()
    }

    /// How many bytes the last request for room brought; true once it was answered.
    pub(crate) fn freed(self) -> u64 {
        self.freed.get_value()
    }

    /// Says whether this device still has the recovery words. For `start`.
    pub(crate) fn set_has_words(self, has_words: bool) {
        self.has_words.set(has_words);
    }

    /// Whether this device still has the recovery words, because the person has yet to write them down.
    pub(crate) fn has_words(self) -> Signal<bool> {
        self.has_words.into()
    }

    /// Whether the person said that they write down their words later: until the app is opened again.
    pub(crate) const fn words_later(self) -> RwSignal<bool> {
        self.words_later
    }

    /// Says what a backup held that was restored. For `start`.
    pub(crate) fn set_restored(self, restored: Option<Restored>) {
        self.restored.set(restored);
    }

    /// What a backup held that was restored here.
    pub(crate) fn restored(self) -> Signal<Option<Restored>> {
        self.restored.into()
    }

    /// By what the app lock opens; `None` where there is none.
    pub(crate) fn lock(self) -> Signal<Option<Kind>> {
        self.lock.into()
    }

    /// Looks at the app lock again: it was found or changed.
    pub(crate) fn look_at_lock(self) {
        self.lock.set(app_lock::kind());
    }

    /// Says by what this device comes into its account. For `start`.
    pub(crate) fn set_way(self, way: Way) {
        self.way.set(way);
    }

    /// By what this device comes into its account.
    pub(crate) fn way(self) -> Way {
        self.way.get_untracked()
    }

    /// Where linking a device stands; `None` before it began.
    pub(crate) fn linking(self) -> Signal<Option<Linking>> {
        self.linking.into()
    }

    /// Begins linking from the beginning, or leaves it.
    pub(crate) fn forget_linking(self) {
        self.linking.set(None);
    }

    /// Shares of this account at friends, and of friends' accounts here.
    pub(crate) fn shares(self) -> Signal<Shares> {
        self.shares.into()
    }

    /// Whose share was sealed for the device on which they come back, and its text.
    pub(crate) fn returned(self) -> Signal<Option<(Identity, String)>> {
        self.returned.into()
    }

    /// Shows that share no longer.
    pub(crate) fn forget_returned(self) {
        self.returned.set(None);
    }

    /// Where this device stands with an account that began elsewhere.
    pub(crate) fn membership(self) -> Signal<Membership> {
        self.membership.into()
    }

    /// How the network is doing.
    pub(crate) fn network(self) -> Signal<Network> {
        self.network.into()
    }

    /// What time it is, for telling how long ago something was. Milliseconds since the epoch.
    pub(crate) fn now(self) -> Signal<u64> {
        self.now.into()
    }

    /// Where the repair of this device's own feed stands, while it must not write.
    pub(crate) fn repair(self) -> Signal<Option<Repair>> {
        self.repair.into()
    }

    /// Whether posts of others and pictures are left out.
    pub(crate) fn is_narrow(self) -> Signal<bool> {
        self.is_narrow.into()
    }

    /// Whether the store takes nothing now: `Some(true)` for want of room.
    pub(crate) fn unwritable(self) -> Signal<Option<bool>> {
        self.unwritable.into()
    }

    /// Answers that somebody waits for.
    pub(super) const fn tickets(self) -> Tickets {
        self.tickets
    }

    /// Short messages.
    pub(crate) const fn toasts(self) -> Toasts {
        self.toasts
    }
}

/// Whether an entry is something that others posted, not only who they are.
fn is_post_of_others(known: &Known, me: Option<Identity>) -> bool {
    let author = known.entry.header().synod.map(|(synod, _)| synod);
    let is_post = known.payload.as_ref().is_some_and(Payload::is_post_or_answer);
    is_post && author != me
}
