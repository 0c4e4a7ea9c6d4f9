//! What the screens show: posts, threads and people, from the set of entries.

use std::collections::{BTreeMap, BTreeSet};

use effigy_core::payload::{Collection, File, Image, Profile, Video};
use effigy_core::{Cid, Entry, Identity, Payload};

use crate::chain::Order;
use crate::relations::{Relation, Relations};

mod thread;

pub use thread::{Reply, ReplyState};

/// Everything that can be shown, ready to be asked. Insert in any order: the answers are the same.
#[derive(Clone, Debug)]
pub struct View {
    me: Identity,
    /// Devices and the accounts that name them as theirs.
    owners: BTreeSet<(Identity, Identity)>,
    people: BTreeMap<Identity, Person>,
    /// Accounts of which it was told what counts: what single entries say of them is passed over.
    settled: BTreeSet<Identity>,
    profiles: BTreeMap<Identity, (Order, Profile)>,
    /// By digest.
    posts: BTreeMap<Cid, Post>,
    /// The digest behind every id.
    ids: BTreeMap<Cid, Cid>,
    /// All ids of posts that came under several: whoever answers one of them answers the post.
    names: BTreeMap<Cid, BTreeSet<Cid>>,
    /// Posts that begin a thread, in their order.
    timeline: BTreeSet<Order>,
    /// Answers by the id of what they answer.
    replies: BTreeMap<Cid, BTreeSet<Order>>,
    /// Answers by the id of what began their thread.
    threads: BTreeMap<Cid, BTreeSet<Order>>,
    /// Who took back what, by id: the device that said so.
    deletions: BTreeMap<Cid, BTreeSet<Identity>>,
    tags: BTreeMap<(Cid, String), (Order, bool)>,
    /// What this person is to others.
    pub relations: Relations,
}

/// A post or an answer, as shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Post {
    /// The account that wrote it, as the entry says. Shown only once the account names the device.
    pub author: Identity,
    /// The device that signed it.
    pub device: Identity,
    /// The entry's id.
    pub id: Cid,
    /// What was said.
    pub said: Said,
    /// The clock and digest by which it is sorted; the clock is in milliseconds.
    pub order: Order,
}

/// What is attached to a post.
#[derive(Clone, Debug, PartialEq)]
pub enum Attachment {
    /// A folder.
    Collection(Collection),
    /// A file.
    File(File),
    /// A video.
    Video(Video),
}

/// What a post says.
#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    /// A post that begins a thread, with something that is no picture.
    Attached(Attachment),
    /// An answer.
    Comment {
        /// The pictures.
        images: Vec<Image>,
        /// What it answers, by id.
        parent: Cid,
        /// What began the thread, by id.
        root: Cid,
        /// The text in Markdown.
        text: String,
    },
    /// A post that begins a thread.
    Note {
        /// The pictures.
        images: Vec<Image>,
        /// The text in Markdown.
        text: String,
    },
}

impl Said {
    /// The text in Markdown.
    pub fn text(&self) -> &str {
        match self {
            Self::Attached(Attachment::Collection(collection)) => &collection.text,
            Self::Attached(Attachment::File(file)) => &file.text,
            Self::Attached(Attachment::Video(video)) => &video.text,
            Self::Comment { text, .. } | Self::Note { text, .. } => text,
        }
    }

    /// The pictures.
    pub fn images(&self) -> &[Image] {
        match self {
            // A video's is shown where the video is.
            Self::Attached(_) => &[],
            Self::Comment { images, .. } | Self::Note { images, .. } => images,
        }
    }

    /// What is attached.
    pub const fn attachment(&self) -> Option<&Attachment> {
        match self {
            Self::Attached(attachment) => Some(attachment),
            _ => None,
        }
    }
}

/// What an account says of itself, all in all.
#[derive(Clone, Debug, PartialEq)]
pub struct Members {
    /// Whether it was closed.
    pub closed: bool,
    /// Its devices, with the names that the person gave them.
    pub devices: BTreeMap<Identity, String>,
    /// How the person presents themselves.
    pub profile: Option<Profile>,
    /// Devices whose posts are shown: those of now, and of those that were removed the ones of which
    /// it is certain what still counts.
    pub speaking: BTreeSet<Identity>,
    /// The account.
    pub synod: Identity,
}

/// Somebody, as shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    /// Whether they closed their account.
    pub closed: bool,
    /// The devices they post from, with the names that they gave them.
    pub devices: BTreeMap<Identity, String>,
    /// What they say about themselves; empty before anything is known.
    pub profile: Profile,
    /// The account.
    pub synod: Identity,
}

impl View {
    /// A view in which nothing is known, for this person.
    pub fn new(me: Identity) -> Self {
        Self {
            me,
            owners: BTreeSet::new(),
            people: BTreeMap::new(),
            settled: BTreeSet::new(),
            profiles: BTreeMap::new(),
            posts: BTreeMap::new(),
            ids: BTreeMap::new(),
            names: BTreeMap::new(),
            timeline: BTreeSet::new(),
            replies: BTreeMap::new(),
            threads: BTreeMap::new(),
            deletions: BTreeMap::new(),
            tags: BTreeMap::new(),
            relations: Relations::default(),
        }
    }

    /// Who looks.
    pub const fn me(&self) -> Identity {
        self.me
    }

    /// Takes a valid entry in. An envelope must have been opened: `payload` is what was inside.
    pub fn insert(&mut self, entry: &Entry, payload: &Payload) {
        let order = (entry.header().comparable, entry.digest());
        // Who somebody is stands on the account's own feed, where its rules were checked. What a
        // device says of it on its own feed is signed by nobody who may.
        let header = entry.header();
        let of_account = header.synod.is_none() && !self.settled.contains(&header.identity);
        match payload {
            Payload::AddDevice(device) if of_account => {
                let synod = entry.header().identity;
                self.owners.insert((device.identity, synod));
                self.person_mut(synod).devices.insert(device.identity, device.name.clone());
            }
            // Only one's own statements are held here: others' come sealed and stay so.
            Payload::Block(_) | Payload::Follow(_) | Payload::Mute(_)
                if entry.header().synod.is_some_and(|(synod, _)| synod == self.me) =>
            {
                self.relations.apply(order, payload);
            }
            Payload::Collection(collection) => {
                self.post(entry, order, Said::Attached(Attachment::Collection(collection.clone())));
            }
            Payload::File(file) => {
                self.post(entry, order, Said::Attached(Attachment::File(file.clone())));
            }
            Payload::Video(video) => {
                self.post(entry, order, Said::Attached(Attachment::Video(video.clone())));
            }
            Payload::Comment(comment) => self.post(
                entry,
                order,
                Said::Comment {
                    images: comment.images.clone(),
                    parent: comment.parent,
                    root: comment.root,
                    text: comment.text.clone(),
                },
            ),
            Payload::Delete(_) | Payload::Superseded(_) => self.take_back(entry, payload),
            Payload::Image(note) => self.post(
                entry,
                order,
                Said::Note { images: vec![note.image.clone()], text: String::new() },
            ),
            Payload::Note(note) => self.post(
                entry,
                order,
                Said::Note { images: note.images.clone(), text: note.text.clone() },
            ),
            Payload::Profile(profile) if of_account => {
                self.profile(entry.header().identity, order, profile)
            }
            Payload::Tag(tag) => {
                let register = self.tags.entry((tag.target, tag.word.clone()));
                let register = register.or_insert((order, tag.on));
                if order > register.0 {
                    *register = (order, tag.on);
                }
            }
            _ => (),
        }
    }

    fn take_back(&mut self, entry: &Entry, payload: &Payload) {
        for target in payload.taken_back() {
            self.deletions.entry(*target).or_default().insert(entry.header().identity);
        }
    }

    /// Remembers what somebody was called, unless they say so themselves.
    pub fn remember(&mut self, synod: Identity, name: &str) {
        let profile = &mut self.person_mut(synod).profile;
        if profile.name.is_empty() {
            name.clone_into(&mut profile.name);
        }
    }

    /// Takes in what an account says of itself, all in all. From now on that counts, and no single
    /// entry of its feed.
    pub fn settle(&mut self, members: Members) {
        let Members { closed, devices, profile, speaking, synod } = members;
        self.settled.insert(synod);
        self.owners.retain(|(_, owner)| *owner != synod);
        self.owners.extend(speaking.into_iter().map(|device| (device, synod)));
        let person = self.person_mut(synod);
        (person.closed, person.devices) = (closed, devices);
        if let Some(profile) = profile {
            person.profile = profile;
        }
    }

    /// Takes an entry out that no longer counts.
    pub fn withdraw(&mut self, entry: &Entry, payload: &Payload) {
        let order = (entry.header().comparable, entry.digest());
        self.drop_post(&order.1);
        match payload {
            Payload::Delete(_) | Payload::Superseded(_) => {
                for target in payload.taken_back() {
                    if let Some(by) = self.deletions.get_mut(target) {
                        by.remove(&entry.header().identity);
                    }
                }
            }
            Payload::Tag(tag) => {
                let key = (tag.target, tag.word.clone());
                if self.tags.get(&key).is_some_and(|(of, _)| *of == order) {
                    self.tags.remove(&key);
                }
            }
            _ => (),
        }
    }

    /// Drops everything of one account, as after a block.
    pub fn forget(&mut self, synod: &Identity) {
        let of_them = self.posts.values().filter(|post| post.author == *synod);
        let gone: Vec<Cid> = of_them.map(|post| post.order.1).collect();
        gone.iter().for_each(|digest| self.drop_post(digest));
    }

    fn drop_post(&mut self, digest: &Cid) {
        let Some(post) = self.posts.remove(digest) else { return };
        self.timeline.remove(&post.order);
        if let Said::Comment { parent, root, .. } = post.said {
            for (index, of) in [(&mut self.replies, parent), (&mut self.threads, root)] {
                if let Some(orders) = index.get_mut(&of) {
                    orders.remove(&post.order);
                }
            }
        }
    }

    /// The newest posts that this person wants to see, newest first: their own and those of people
    /// they follow and have not muted or blocked.
    pub fn timeline(&self, before: Option<Order>, limit: usize) -> Vec<Cid> {
        let end = before.map_or(std::ops::Bound::Unbounded, std::ops::Bound::Excluded);
        self.timeline
            .range((std::ops::Bound::Unbounded, end))
            .rev()
            .filter_map(|order| self.posts.get(&order.1))
            .filter(|post| self.shows(post) && self.wants(&post.author))
            .map(|post| post.id)
            .take(limit)
            .collect()
    }

    /// One person's posts, newest first.
    pub fn posts_of(&self, synod: &Identity, before: Option<Order>, limit: usize) -> Vec<Cid> {
        let end = before.map_or(std::ops::Bound::Unbounded, std::ops::Bound::Excluded);
        self.timeline
            .range((std::ops::Bound::Unbounded, end))
            .rev()
            .filter_map(|order| self.posts.get(&order.1))
            .filter(|post| post.author == *synod && self.shows(post))
            .map(|post| post.id)
            .take(limit)
            .collect()
    }

    /// A post or an answer by its id; `None` when it is not here, taken back, or of somebody
    /// blocked.
    pub fn post_by_id(&self, id: &Cid) -> Option<&Post> {
        self.posts.get(self.ids.get(id)?).filter(|post| self.shows(post))
    }

    /// Whether an entry was here and its author took it back.
    pub fn is_deleted(&self, id: &Cid) -> bool {
        self.ids
            .get(id)
            .and_then(|digest| self.posts.get(digest))
            .is_some_and(|post| self.taken_back(post))
    }

    /// The words an entry is marked with.
    pub fn tags(&self, id: &Cid) -> Vec<&str> {
        let mut words: BTreeMap<&str, (Order, bool)> = BTreeMap::new();
        for name in self.names(id) {
            let marks = self.tags.range((name, String::new())..);
            for ((_, word), mark) in marks.take_while(|((target, _), _)| *target == name) {
                let newest = words.entry(word).or_insert(*mark);
                *newest = (*mark).max(*newest);
            }
        }
        words.into_iter().filter(|(_, (_, on))| *on).map(|(word, _)| word).collect()
    }

    /// All ids of the post that has this one; just this for what is not here.
    fn names(&self, id: &Cid) -> impl Iterator<Item = Cid> + '_ {
        let several = self.ids.get(id).and_then(|digest| self.names.get(digest));
        let only = several.is_none().then_some(*id);
        several.into_iter().flatten().copied().chain(only)
    }

    /// Somebody, if anything is known of them.
    pub fn person(&self, synod: &Identity) -> Option<&Person> {
        self.people.get(synod)
    }

    /// The account that a device belongs to, as the account says.
    pub fn owner(&self, device: &Identity) -> Option<Identity> {
        let first = (*device, Identity::from_bytes([0; 32]));
        let (named, synod) = self.owners.range(first..).next()?;
        (named == device).then_some(*synod)
    }

    /// Everybody of whom anything is known.
    pub fn people(&self) -> impl Iterator<Item = &Person> {
        self.people.values()
    }

    fn wants(&self, author: &Identity) -> bool {
        *author == self.me
            || (self.relations.wants(author) && !self.relations.holds(Relation::Mute, author))
    }

    fn shows(&self, post: &Post) -> bool {
        self.owners.contains(&(post.device, post.author))
            && !self.relations.holds(Relation::Block, &post.author)
            && !self.taken_back(post)
    }

    /// Whether a device of the same account took the post back.
    fn taken_back(&self, post: &Post) -> bool {
        let mut by = self.names(&post.id).filter_map(|name| self.deletions.get(&name)).flatten();
        by.any(|device| self.owners.contains(&(*device, post.author)))
    }

    fn post(&mut self, entry: &Entry, order: Order, said: Said) {
        let Some((author, _)) = entry.header().synod else { return };
        self.ids.insert(entry.id(), order.1);
        match &said {
            Said::Comment { parent, root, .. } => {
                self.replies.entry(*parent).or_default().insert(order);
                self.threads.entry(*root).or_default().insert(order);
            }
            Said::Attached(_) | Said::Note { .. } => {
                self.timeline.insert(order);
            }
        }
        let device = entry.header().identity;
        let known = self.posts.get(&order.1).map_or(entry.id(), |post| post.id);
        if known != entry.id() {
            self.names.entry(order.1).or_default().extend([known, entry.id()]);
        }
        let id = known.min(entry.id());
        self.posts.insert(order.1, Post { author, device, id, said, order });
    }

    fn profile(&mut self, synod: Identity, order: Order, profile: &Profile) {
        let known = self.profiles.entry(synod).or_insert_with(|| (order, profile.clone()));
        if order >= known.0 {
            *known = (order, profile.clone());
            self.person_mut(synod).profile = profile.clone();
        }
    }

    fn person_mut(&mut self, synod: Identity) -> &mut Person {
        self.people.entry(synod).or_insert_with(|| Person {
            closed: false,
            devices: BTreeMap::new(),
            profile: Profile::default(),
            synod,
        })
    }
}
