//! Coming back: shares are gathered until the root follows from them.
//!
//! A share that was forged, or damaged where it was kept, looks like any other. So several that say to be
//! the same one are kept beside one another, and once the root follows it is known which of all are false.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use zeroize::Zeroizing;

use super::{Plea, Share, ShareError, VERSION, check_of, checked, scheme};
use crate::limits::SHARES_MOST;
use crate::mnemonic::Words;
use crate::random::Random;
use crate::seal::SealingSecret;

/// Most shares that are gathered: all of a set, and two that are false.
const GATHERED: usize = SHARES_MOST + 2;

/// The shares that friends have given so far, and the key to which they seal them. Silent when printed,
/// wiped when dropped.
#[derive(Clone)]
pub struct Gathering {
    plea: Plea,
    secret: SealingSecret,
    shares: Vec<Share>,
}

impl Gathering {
    /// Begins with none.
    ///
    /// # Errors
    /// Never for a working generator.
    pub fn begin(random: &mut Random) -> Result<Self, ShareError> {
        Self::of(SealingSecret::from_bytes(random.bytes()), Vec::new())
    }

    fn of(secret: SealingSecret, shares: Vec<Share>) -> Result<Self, ShareError> {
        let plea = Plea::new(secret.key().map_err(|_| ShareError::Damaged)?);
        Ok(Self { plea, secret, shares })
    }

    /// What is shown to friends.
    pub const fn plea(&self) -> Plea {
        self.plea
    }

    /// The shares that are here, in the order in which they came.
    pub fn shares(&self) -> &[Share] {
        &self.shares
    }

    /// How many of the set are here: of those that say to be the same one, one counts.
    pub fn count(&self) -> usize {
        self.shares.iter().map(|share| share.number).collect::<BTreeSet<u8>>().len()
    }

    /// Takes what a friend gave, as it was scanned or pasted.
    ///
    /// # Errors
    /// When it is of no use beside the others. Then nothing has changed.
    pub fn take(&mut self, text: &str) -> Result<(), ShareError> {
        let share = Share::taken(text, &self.secret)?;
        self.add(share)
    }

    fn add(&mut self, share: Share) -> Result<(), ShareError> {
        if let Some(first) = self.shares.first() {
            if first.synod != share.synod {
                return Err(ShareError::OtherAccount);
            }
            if !first.is_of_set(&share) {
                return Err(ShareError::OtherSet);
            }
        }
        if self.shares.contains(&share) {
            return Err(ShareError::Twice);
        }
        if self.shares.len() >= GATHERED {
            return Err(ShareError::TooMany);
        }
        self.shares.push(share);
        Ok(())
    }

    /// Leaves out all that were taken. The key stays.
    pub fn clear(&mut self) {
        self.shares.clear();
    }

    /// The words of the account, once enough of its shares are here. False ones do no harm where there are
    /// enough others.
    ///
    /// # Errors
    /// `TooFew`, or `Wrong` when the account follows from no part of them.
    pub fn words(&self) -> Result<Words, ShareError> {
        self.found().map(|(_, words)| words)
    }

    /// Which shares are false, by their places among all that came, once the account follows from others.
    pub fn false_ones(&self) -> Vec<usize> {
        let Ok((chosen, _)) = self.found() else { return Vec::new() };
        let is_false = |share: &Share| {
            // In the place of one of those from which the account follows, it has to follow again.
            let others = chosen.iter().copied().filter(|other| other.number != share.number);
            let others = others.take(usize::from(share.need).saturating_sub(1));
            words_of(&others.chain([share]).collect::<Vec<_>>()).is_none()
        };
        let all = self.shares.iter().enumerate();
        all.filter(|(_, share)| is_false(share)).map(|(place, _)| place).collect()
    }

    /// As many shares as are needed from which the account follows, and its words.
    fn found(&self) -> Result<(Vec<&Share>, Words), ShareError> {
        let need = usize::from(self.shares.first().ok_or(ShareError::TooFew)?.need);
        if self.count() < need {
            return Err(ShareError::TooFew);
        }
        // Of twelve shares there are four thousand choices, less than one thousand of them of one length.
        let choices = (0_u16..1 << GATHERED).filter(|all| all.count_ones() as usize == need);
        let mut found = choices.filter_map(|choice| {
            let chosen = self.chosen(choice);
            let words = if chosen.len() == need { words_of(&chosen) } else { None };
            Some((chosen, words?))
        });
        found.next().ok_or(ShareError::Wrong)
    }

    /// The shares of a choice, one of each number: fewer than were chosen where two of them have one number,
    /// or where there is none at a place.
    fn chosen(&self, choice: u16) -> Vec<&Share> {
        let bits = (0..).map(|at| choice.checked_shr(at).unwrap_or(0) & 1 == 1);
        let chosen = self.shares.iter().zip(bits).filter(|(_, is_chosen)| *is_chosen);
        let chosen: BTreeMap<u8, &Share> = chosen.map(|(share, _)| (share.number, share)).collect();
        chosen.into_values().collect()
    }

    /// All of it as bytes, to be wrapped before they rest anywhere.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(2_048));
        bytes.push(VERSION);
        bytes.extend_from_slice(self.secret.bytes());
        for share in &self.shares {
            let share = share.to_bytes();
            bytes.push(u8::try_from(share.len()).unwrap_or_default());
            bytes.extend_from_slice(&share);
        }
        let check = check_of(&bytes);
        bytes.extend_from_slice(&check);
        bytes
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// # Errors
    /// When the bytes are not that.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ShareError> {
        let (secret, mut rest) =
            checked(bytes)?.split_first_chunk::<32>().ok_or(ShareError::Damaged)?;
        let mut gathering = Self::of(SealingSecret::from_bytes(*secret), Vec::new())?;
        while let Some((length, behind)) = rest.split_first() {
            let split = behind.split_at_checked(usize::from(*length));
            let (share, behind) = split.ok_or(ShareError::Damaged)?;
            gathering.add(Share::from_bytes(share)?)?;
            rest = behind;
        }
        Ok(gathering)
    }
}

/// The words of the account whose shares these are, if it follows from them.
fn words_of(shares: &[&Share]) -> Option<Words> {
    let synod = shares.first()?.synod;
    let words = Words::from_entropy(&scheme::rebuild(shares)?).ok()?;
    (words.root_sign().identity() == synod).then_some(words)
}

impl fmt::Debug for Gathering {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Gathering({} shares, ..)", self.shares.len())
    }
}
