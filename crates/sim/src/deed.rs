//! What happens in a schedule, as data: one deed after another, each with the pause behind it.

use std::fmt;
use std::str::FromStr;

use effigy_core::random::Random;
use serde::Deserialize;

use crate::Scenario;

/// One thing that happens.
///
/// Written as `post 1 0 250`: what, who, on what or with whom, and how many milliseconds go by then. Who
/// and what are counted, and numbers that are too large begin again at 0.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Deed {
    /// What happens.
    pub what: What,
    /// By whom, or to which machine: people first, then hubs.
    pub who: u32,
    /// On what, with whom, or how much.
    pub which: u32,
    /// How many milliseconds go by.
    pub pause: u64,
}

macro_rules! deeds {
    ($($(#[doc = $meaning:literal])+ $what:ident = $name:literal;)+) => {
        /// What may happen.
        #[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd)]
        pub enum What {
            $($(#[doc = $meaning])+ #[serde(rename = $name)] $what,)+
        }

        impl What {
            /// Everything that may happen, with its name.
            pub const ALL: &[(Self, &str)] = &[$((Self::$what, $name)),+];
        }
    };
}

deeds! {
    /// Somebody blocks somebody.
    Block = "block";
    /// Somebody sets one of a few registers on which their devices agree.
    Choose = "choose";
    /// Somebody answers a post.
    Comment = "comment";
    /// A machine dies.
    Crash = "crash";
    /// Two machines lose their connections.
    Cut = "cut";
    /// Somebody takes back a post of their own.
    Delete = "delete";
    /// Somebody's disk takes a few writes more and then none.
    DiskFull = "disk_full";
    /// A draft is kept.
    Draft = "draft";
    /// Somebody follows somebody.
    Follow = "follow";
    /// A copy of a liar's device writes something else than the device itself.
    Fork = "fork";
    /// Everybody reaches everybody again.
    Heal = "heal";
    /// A machine dies during one of its next writes.
    Kill = "kill";
    /// The account's root lets one more device in.
    Link = "link";
    /// Somebody looks at a picture.
    Look = "look";
    /// Somebody takes the invite of somebody.
    Meet = "meet";
    /// Somebody mutes somebody.
    Mute = "mute";
    /// Two machines cannot reach each other any more.
    Part = "part";
    /// Somebody posts a picture.
    Picture = "picture";
    /// Somebody posts.
    Post = "post";
    /// A device removes another of its account.
    Remove = "remove";
    /// Somebody changes what they are called.
    Rename = "rename";
    /// A disk is as it was at some time before.
    RollBack = "roll_back";
    /// There is room on a disk again.
    Room = "room";
    /// A draft is sent.
    Send = "send";
    /// A machine's clock is set wrong, by hours.
    Skew = "skew";
    /// A phone falls asleep.
    Sleep = "sleep";
    /// A disk is copied, to be rolled back to.
    Snapshot = "snapshot";
    /// A machine is turned on.
    Start = "start";
    /// A device is stolen: a copy of it, with a clock that was set back, writes on in its place.
    Steal = "steal";
    /// Somebody marks a post.
    Tag = "tag";
    /// Somebody blocks somebody no longer.
    Unblock = "unblock";
    /// Somebody follows somebody no longer.
    Unfollow = "unfollow";
    /// Somebody mutes somebody no longer.
    Unmute = "unmute";
    /// A phone wakes up.
    Wake = "wake";
    /// Everything is gone from a disk.
    Wipe = "wipe";
    /// Somebody removes a device by the words: a stolen one, if there is one.
    Words = "words";
}

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = What::ALL.iter().find(|(what, _)| *what == self.what).map_or("", |(_, n)| n);
        write!(f, "{name} {} {} {}", self.who, self.which, self.pause)
    }
}

impl FromStr for Deed {
    type Err = DeedError;

    fn from_str(text: &str) -> Result<Self, DeedError> {
        let mut words = text.split(' ');
        let name = words.next().unwrap_or_default();
        let what = What::ALL.iter().find(|(_, known)| *known == name).map(|(what, _)| *what);
        let what = what.ok_or(DeedError::What)?;
        let mut number = || words.next().and_then(|word| word.parse().ok());
        let (who, which) = (number(), number());
        let pause = words.next().and_then(|word| word.parse().ok());
        match (who, which, pause, words.next()) {
            (Some(who), Some(which), Some(pause), None) => Ok(Self { what, who, which, pause }),
            _ => Err(DeedError::Numbers),
        }
    }
}

/// Why a text is no deed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum DeedError {
    /// Nothing of that name may happen.
    #[error("nothing of that name can happen")]
    What,
    /// Not three numbers.
    #[error("a deed has three numbers: who, which, and the pause behind it")]
    Numbers,
}

/// What happens in a scenario by this chance.
pub(crate) fn plan(scenario: &Scenario, random: &mut Random) -> Vec<Deed> {
    let script = &scenario.script;
    let weights: Vec<(What, u64)> = script
        .weights
        .iter()
        .chain(&scenario.faults)
        .map(|(what, weight)| (*what, u64::from(*weight)))
        .collect();
    let all = weights.iter().map(|(_, weight)| weight).sum();
    let (least, most) = script.pause;
    let small = |random: &mut Random| u32::try_from(random.below(1 << 16)).unwrap_or_default();
    let span = most.saturating_sub(least).saturating_add(1);
    let deed = |what, random: &mut Random| Deed {
        what,
        who: small(random),
        which: small(random),
        pause: least.saturating_add(random.below(span)),
    };
    let mut deeds: Vec<Deed> = (0..script.deeds)
        .filter_map(|_| {
            let mut lot = random.below(all);
            let what = weights.iter().find(|(_, weight)| {
                let hit = lot < *weight;
                lot = lot.saturating_sub(*weight);
                hit
            });
            what.map(|(what, _)| deed(*what, random))
        })
        .collect();
    for what in &script.sure {
        let at = random.below(deeds.len() as u64 + 1);
        deeds.insert(usize::try_from(at).unwrap_or_default(), deed(*what, random));
    }
    deeds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deeds_read_back() {
        for (what, _) in What::ALL {
            let deed = Deed { what: *what, who: 3, which: 70_000, pause: 12 };
            assert_eq!(deed.to_string().parse(), Ok(deed));
        }
        assert_eq!("dance 1 2 3".parse::<Deed>(), Err(DeedError::What));
        for bad in ["post", "post 1 2", "post 1 2 x", "post 1 2 3 4", "post -1 2 3"] {
            assert_eq!(bad.parse::<Deed>(), Err(DeedError::Numbers), "{bad}");
        }
    }
}
