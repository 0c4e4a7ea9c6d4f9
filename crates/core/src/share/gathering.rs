//! Coming back: shares are gathered until the root follows from them.

use std::fmt;

use zeroize::Zeroizing;

use super::{Plea, Share, ShareError, VERSION, check_of, checked, scheme};
use crate::limits::SHARES_MOST;
use crate::mnemonic::Words;
use crate::random::Random;
use crate::seal::SealingSecret;

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

    /// The shares that are here.
    pub fn shares(&self) -> &[Share] {
        &self.shares
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
        if self.shares.iter().any(|known| known.number == share.number) {
            return Err(ShareError::Twice);
        }
        self.shares.push(share);
        Ok(())
    }

    /// Leaves out all that were taken. The key stays.
    pub fn clear(&mut self) {
        self.shares.clear();
    }

    /// The words of the account, once enough of its shares are here. A false one does no harm where there
    /// are enough others.
    ///
    /// # Errors
    /// `TooFew`, or `Wrong` when the account follows from no part of them.
    pub fn words(&self) -> Result<Words, ShareError> {
        let first = self.shares.first().ok_or(ShareError::TooFew)?;
        let need = usize::from(first.need);
        if self.shares.len() < need {
            return Err(ShareError::TooFew);
        }
        // Of ten shares there are a thousand choices.
        let choices = (0_u16..1 << SHARES_MOST).filter(|all| all.count_ones() as usize == need);
        let words = choices.filter_map(|choice| {
            let bits = (0..).map(|at| choice.checked_shr(at).unwrap_or(0) & 1 == 1);
            let chosen = self.shares.iter().zip(bits).filter(|(_, is_chosen)| *is_chosen);
            let chosen: Vec<&Share> = chosen.map(|(share, _)| share).collect();
            // Places behind the last share were chosen.
            if chosen.len() < need {
                return None;
            }
            let entropy = scheme::rebuild(&chosen)?;
            Words::from_entropy(&entropy).ok()
        });
        let mut mine = words.filter(|words| words.root_sign().identity() == first.synod);
        mine.next().ok_or(ShareError::Wrong)
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

impl fmt::Debug for Gathering {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Gathering({} shares, ..)", self.shares.len())
    }
}
