//! Who is known, in which relation, and who of them fits what is looked for.

use std::collections::BTreeSet;

use effigy_core::Identity;
use effigy_feed::{Relation, View};

use crate::parts::called;

/// Which of the known people are listed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Group {
    /// Those whom this person shut out.
    Blocked,
    /// Those who follow this person.
    Followers,
    /// Those whom this person follows.
    Following,
    /// Those who follow each other with this person.
    #[default]
    Friends,
    /// Those whose posts this person does not want to see for now.
    Muted,
}

impl Group {
    pub(super) const ALL: [Self; 5] =
        [Self::Friends, Self::Following, Self::Followers, Self::Muted, Self::Blocked];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Blocked => "Blocked",
            Self::Followers => "Followers",
            Self::Following => "Following",
            Self::Friends => "Friends",
            Self::Muted => "Muted",
        }
    }

    /// What stands here while nobody does.
    pub(super) const fn empty(self) -> &'static str {
        match self {
            Self::Blocked => "You have blocked nobody.",
            Self::Followers => "People who follow you appear here.",
            Self::Following => "People whose posts you want to see appear here.",
            Self::Friends => "People who follow you and whom you follow appear here.",
            Self::Muted => "People whose posts you have hidden appear here. They do not notice.",
        }
    }
}

/// Whether somebody closed their account.
fn is_closed(view: &View, synod: &Identity) -> bool {
    view.person(synod).is_some_and(|person| person.closed)
}

/// What somebody is to this person, in a word.
pub(super) fn relation(
    view: &View,
    followers: &BTreeSet<Identity>,
    synod: &Identity,
) -> &'static str {
    let follows = view.relations.holds(Relation::Follow, synod);
    if is_closed(view, synod) {
        return "Account closed";
    }
    if view.relations.holds(Relation::Block, synod) {
        return "Blocked";
    }
    let muted = view.relations.holds(Relation::Mute, synod);
    match (follows, followers.contains(synod)) {
        (true, true) if muted => "Friend, muted",
        (true, false) if muted => "You follow them, muted",
        _ if muted => "Muted",
        (true, true) => "Friend",
        (true, false) => "You follow them",
        (false, true) => "Follows you",
        (false, false) => "Known",
    }
}

/// Those who follow each other with this person, by name.
pub(crate) fn friends(view: &View, followers: &BTreeSet<Identity>) -> Vec<Identity> {
    members(view, followers, Group::Friends, "")
}

/// The people of a group whose name contains what is looked for, by name.
pub(super) fn members(
    view: &View,
    followers: &BTreeSet<Identity>,
    group: Group,
    sought: &str,
) -> Vec<Identity> {
    let blocked = |synod: &Identity| view.relations.holds(Relation::Block, synod);
    let following = || view.relations.all(Relation::Follow).filter(|synod| !blocked(synod));
    let all: BTreeSet<Identity> = match group {
        Group::Blocked => view.relations.all(Relation::Block).collect(),
        Group::Followers => followers
            .iter()
            .copied()
            .filter(|synod| !blocked(synod) && !is_closed(view, synod))
            .collect(),
        // Who closed their account stays here until they are let go.
        Group::Following => following().collect(),
        Group::Friends => following()
            .filter(|synod| followers.contains(synod) && !is_closed(view, synod))
            .collect(),
        Group::Muted => view.relations.all(Relation::Mute).filter(|s| !blocked(s)).collect(),
    };
    let sought = sought.trim().to_lowercase();
    let mut named: Vec<(String, Identity)> = all
        .into_iter()
        .filter(|synod| *synod != view.me())
        .map(|synod| (called(view, &synod).to_lowercase(), synod))
        .filter(|(name, synod)| {
            sought.is_empty() || name.contains(&sought) || synod.short().to_lowercase() == sought
        })
        .collect();
    named.sort_unstable();
    named.into_iter().map(|(_, synod)| synod).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use effigy_core::Cid;
    use effigy_core::payload::{Block, Follow, Mute, Payload};
    use effigy_feed::Members;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    fn key(number: u8) -> Identity {
        Identity::from_bytes([number; 32])
    }

    #[test]
    fn groups_follow_from_relations_and_followers() {
        let mut view = View::new(key(0));
        for (clock, payload) in [
            Payload::Follow(Follow { on: true, synod: key(1) }),
            Payload::Follow(Follow { on: true, synod: key(2) }),
            Payload::Follow(Follow { on: true, synod: key(3) }),
            Payload::Block(Block { on: true, synod: key(3) }),
            Payload::Mute(Mute { on: true, synod: key(1) }),
            Payload::Mute(Mute { on: true, synod: key(5) }),
        ]
        .iter()
        .enumerate()
        {
            view.relations.apply((clock as u64 + 1, Cid::of(&[clock as u8])), payload);
        }
        let followers = BTreeSet::from([key(1), key(4), key(3)]);
        let list = |group| members(&view, &followers, group, "");
        assert_eq!(list(Group::Friends), [key(1)]);
        assert_eq!(list(Group::Following), [key(1), key(2)]);
        assert_eq!(list(Group::Followers), [key(1), key(4)]);
        assert_eq!(list(Group::Blocked), [key(3)]);
        assert_eq!(list(Group::Muted), [key(1), key(5)]);
        assert_eq!(relation(&view, &followers, &key(1)), "Friend, muted");
        assert_eq!(relation(&view, &followers, &key(5)), "Muted");
        assert!(members(&view, &followers, Group::Friends, "nobody of this name").is_empty());
        assert_eq!(relation(&view, &followers, &key(4)), "Follows you");
        let (devices, speaking) = (BTreeMap::new(), BTreeSet::new());
        view.settle(Members { closed: true, devices, profile: None, speaking, synod: key(1) });
        assert!(members(&view, &followers, Group::Friends, "").is_empty());
        assert_eq!(members(&view, &followers, Group::Following, ""), [key(1), key(2)]);
        assert_eq!(relation(&view, &followers, &key(1)), "Account closed");
    }
}
