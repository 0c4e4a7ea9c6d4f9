//! Words for what went wrong: what happened, what it means for the person's data, what to do.

use effigy_core::backup::BackupError;
use effigy_core::image::ImageError;
use effigy_core::invite::InviteError;
use effigy_core::link::OfferError;
use effigy_core::mnemonic::WordsError;
use effigy_core::share::ShareError;
use effigy_proto::{LinkFailure, Refusal};

use super::handle::NotDone;
use super::phase::BackupFault;
use super::start::app_lock::LockFault;
use crate::browser::passkey::PasskeyFault;

/// Why something that was asked for was not done.
pub(crate) const fn not_done(why: NotDone) -> &'static str {
    match why {
        NotDone::Busy => "Effigy is busy. Nothing was changed; please try again in a moment.",
        NotDone::Clock => {
            "The clock of this device is ahead, and others would see this only when that time has come. Nothing \
             was posted or changed. Set the clock of the device, then try again."
        }
        NotDone::Refused(refusal) => refused(refusal),
        NotDone::Store { full: true } => {
            "This device is full, so it was not kept. Everything from before is safe. Free some space \
             in You › Storage or delete other files, then try again."
        }
        NotDone::Store { full: false } => {
            "The browser could not write it down, so it was not kept. Everything from before is safe. \
             Reload the page and try again."
        }
    }
}

/// Why the node said no.
pub(crate) const fn refused(why: Refusal) -> &'static str {
    match why {
        Refusal::Account => "Your account is not ready yet. Please try again in a moment.",
        Refusal::Closed => {
            "This account was closed, so nothing can be posted any more. Nothing was changed."
        }
        Refusal::Empty => "There is nothing in it yet. Write something or add a picture.",
        Refusal::Friends => {
            "Three to ten friends are needed who follow you back and whose devices were seen here, and at least \
             two of them must be needed. Nothing was given to anybody."
        }
        Refusal::Incomplete => {
            "Not all of your account has arrived here yet. Nothing was changed; wait until it has, or choose \
             that this is a new device."
        }
        Refusal::Letter => {
            "This code is of no use here: it is damaged, older than ten minutes, used already, or meant for \
             another device. Nothing was changed; ask for a new one."
        }
        Refusal::NoRoom => {
            "There is not enough room for it on this device, so nothing of it was kept. Free some space in \
             You › Storage, then try again."
        }
        Refusal::Number => {
            "This is not the number that their new device shows, so nothing was given. Ask them once more, by \
             voice; if the pictures differ, somebody else made that code."
        }
        Refusal::NotMember => {
            "This device does not belong to your account yet, so it can read and not write. Nothing was changed."
        }
        Refusal::Picture => {
            "One of the pictures cannot be posted as it is. Remove it or save it as JPEG and add it again."
        }
        Refusal::Power => {
            "This device may only post. Do it on a device that may manage the account. Nothing was changed."
        }
        Refusal::Removed => {
            "This device was removed from your account, so it can post nothing. Nothing was changed."
        }
        Refusal::Repairing => {
            "This device has to catch up with itself before it can post. Your text is kept as a draft."
        }
        Refusal::Self_ => "That is your own code. Show it to somebody else, or scan theirs.",
        Refusal::TooLong => "It is too long for one post. Shorten it, or make two of it.",
        Refusal::TooMany => {
            "Devices were added and removed too often for one more change. Nothing was changed."
        }
        Refusal::TooSoon => {
            "This device joined less than a day ago. Until then it cannot add or remove devices: do it on another device, or wait. Nothing was changed."
        }
        Refusal::Words => "These are not the recovery words of this account. Nothing was changed.",
        Refusal::Video => {
            "This video cannot be posted as one: besides pictures and sound it holds something that might \
             tell more than you want, or it is damaged. Nothing of it was kept."
        }
        Refusal::Unknown => "It is no longer here, so nothing was changed.",
        _ => "It was not done. Nothing was changed.",
    }
}

/// Why an account was not added to this browser once more.
pub(crate) const HERE_ALREADY: &str = "This account is in this browser already, so it was not added once more. \
     Nothing was changed: find it among the other accounts of this browser and switch to it.";

/// Why an account was not added once more, though another device of it has let this browser in.
pub(crate) const LINKED_ALREADY: &str = "This account is in this browser already, so it was not added once more. \
     Switch to it; in You › Linked devices, remove the device that was just added.";

/// Why this browser takes no more accounts.
pub(crate) const ENOUGH_ACCOUNTS: &str = "This browser has eight accounts, which is as many as it may. Nothing was \
     changed; remove one first, or use another browser.";

/// Why this browser takes no second account.
pub(crate) const ONE_ACCOUNT: &str = "This browser keeps no note beside your posts, so it would not find a second account \
     again. Nothing was changed. Allow storage for this page, or use another browser.";

/// Why another account was not opened.
pub(crate) const NOT_SWITCHED: &str = "The browser could not note which account to open. Nothing was changed. Allow \
     storage for this page and try again.";

/// Why another account was not opened for now.
pub(crate) const NOT_LOADED: &str = "To switch, Effigy has to be loaded again, and neither this browser nor a meeting \
     point has it now. Nothing was changed; try again when you are online.";

/// Why a backup was neither written nor restored.
pub(crate) fn backup(why: BackupFault) -> String {
    match why {
        BackupFault::Backup(BackupError::Passphrase) => {
            "The passphrase is not the one of this backup. Nothing was changed. Look at capitals and the layout \
             of your keyboard, and type it once more."
        }
        BackupFault::Backup(BackupError::Foreign) => {
            "This file is no backup of Effigy. Nothing was changed; choose the file that ends in .effigybackup."
        }
        BackupFault::Backup(BackupError::Newer { .. }) => {
            "A later version of Effigy wrote this backup. Nothing was changed. Update Effigy and try again."
        }
        BackupFault::Backup(BackupError::Truncated) => {
            "This backup ends early: it was not copied whole, or its end is damaged. Nothing was changed. Copy it \
             again from where you keep it, or take another one."
        }
        BackupFault::Backup(BackupError::Cost) => {
            "This backup asks for more memory or time than any device should give, so it was not opened. Nothing \
             was changed."
        }
        BackupFault::Backup(BackupError::TooLong) => {
            "This is more than a backup can hold, so none was written. Leave videos and files out."
        }
        BackupFault::Backup(_) | BackupFault::Item(_) => {
            "This backup is damaged, so nothing of it was taken in. Nothing was changed. Copy it again from where \
             you keep it, or take another one."
        }
        BackupFault::Cancelled => "You stopped it. Nothing was changed.",
        BackupFault::HereAlready => return HERE_ALREADY.to_owned(),
        BackupFault::Memory => {
            "This device has too little memory free to open or write a backup. Nothing was changed. Close other \
             programs and tabs and try again."
        }
        BackupFault::NoRoom => {
            "There is not enough room for all of it on this device. Nothing was changed. Free some space, and try \
             again."
        }
        BackupFault::OtherAccount => {
            "This is the backup of another account than the one that was in this browser. Nothing was changed. \
             Add it as another account (You › Accounts), or start anew here first."
        }
        BackupFault::Store { full } => return not_done(NotDone::Store { full }).to_owned(),
        BackupFault::Unreadable => {
            "The file changed or is gone, so nothing of it was taken in. Nothing was changed; choose it again."
        }
    }
    .to_owned()
}

/// Why the app lock did not open, or was not changed.
pub(crate) const fn lock(why: LockFault) -> &'static str {
    match why {
        LockFault::Memory => {
            "This device has too little memory free for it. Nothing was changed. Close other programs and tabs \
             and try again."
        }
        LockFault::Passkey(PasskeyFault::Address) => {
            "Browsers give passkeys only to pages with a name, and this address is a number. Nothing was changed. \
             Open Effigy by its name, or use a passphrase."
        }
        LockFault::Passkey(PasskeyFault::Cancelled) => {
            "The passkey was not used: it was stopped, or took too long. Nothing was changed."
        }
        LockFault::Passkey(PasskeyFault::Failed) => {
            "The browser could not use a passkey. Nothing was changed. Try again, or use a passphrase."
        }
        LockFault::Passkey(PasskeyFault::NoSecret) => {
            "This passkey gives no secret of its own, so it cannot open a lock. Nothing was changed here; you may \
             delete it where your system keeps passkeys. Use another one, or a passphrase."
        }
        LockFault::Store => {
            "The browser could not write it down, so the lock is as it was. Reload the page and try again."
        }
        LockFault::TooOften => "That was tried too often. Nothing was changed; wait a little.",
        LockFault::Wrong => {
            "That does not open the lock. Look at capitals and the layout of your keyboard, and try once more."
        }
    }
}

/// Why words that were typed are not recovery words.
pub(crate) fn words(why: WordsError) -> String {
    match why {
        WordsError::Checksum => {
            "All of these are words of the list, but they do not belong together: one is another word, or two \
             have changed places. Nothing was changed; compare them with what you wrote down."
        }
        WordsError::Count => "Recovery words are 12 or 24. Nothing was changed.",
        WordsError::Language => {
            "Most of these are not in the list of Effigy's recovery words, which are English. Words of another \
             language or another app do not open an account here."
        }
        WordsError::Unknown { index } => {
            return format!("Word {} is not in the list. Look at how it is spelled.", index.saturating_add(1));
        }
        _ => "These are not recovery words.",
    }
    .to_owned()
}

/// Why a text or a QR code is not an invite.
pub(crate) const fn invite(why: InviteError) -> &'static str {
    match why {
        InviteError::Damaged => {
            "The code is damaged or was not copied whole. Ask for it again, or scan it once more."
        }
        InviteError::Foreign => {
            "This is not an Effigy code. Ask the person to open People › Add and show you theirs."
        }
        InviteError::OtherUse => "This Effigy code is for something else than adding a person.",
        InviteError::OtherVersion => {
            "This code is from another version of Effigy. Both of you should update the app and try \
             again."
        }
        _ => "This code cannot be used.",
    }
}

/// Why a text or a QR code does not link a device.
pub(crate) const fn offer(why: OfferError) -> &'static str {
    match why {
        OfferError::Damaged => {
            "The code is damaged or was not copied whole. Scan it once more, or show a new one."
        }
        OfferError::OtherVersion => {
            "This code is from another version of Effigy. Update the app on both devices and try again."
        }
        _ => {
            "This is not a code for linking a device. On the other device choose “Show a code here” and read \
             that one; of the nine letters one may be mistyped."
        }
    }
}

/// Why a text or a QR code is not what somebody shows who comes back.
pub(crate) const fn plea(why: ShareError) -> &'static str {
    match why {
        ShareError::Damaged => {
            "The code is damaged or was not copied whole. Scan it once more, or have it sent again."
        }
        ShareError::OtherVersion => {
            "This code is from another version of Effigy. Update the app on both devices and try again."
        }
        _ => {
            "This is not the code of somebody who comes back. Their new device shows it at “I already have an \
             account › Friends”. Nothing was given to anybody."
        }
    }
}

/// Why a share that a friend gave is of no use.
pub(crate) const fn share(why: ShareError) -> &'static str {
    match why {
        ShareError::Damaged => {
            "The share is damaged or was not copied whole. Nothing was changed; scan it once more, or have it sent \
             again."
        }
        ShareError::OtherAccount => {
            "This share is of another account than those that are here, so it was not taken. Ask this friend for \
             yours; or, if the first ones were wrong, begin again without them."
        }
        ShareError::OtherSet => {
            "This share is of another set than those that are here, so it was not taken: you chose friends anew, or \
             somebody did who had your device. Ask friends for shares of one set, also for “the one before”; or begin \
             again without those that are here."
        }
        ShareError::OtherVersion => {
            "This share is from another version of Effigy. Update the app on both devices and try again."
        }
        ShareError::Sealed => {
            "This share was sealed for another device, or for a code that you showed before. Nothing was changed; \
             show your friend the code that stands here."
        }
        ShareError::Twice => {
            "This share is here already. Nothing was changed; ask another friend for theirs."
        }
        ShareError::TooMany => {
            "As many shares are here as are taken, and no account follows from them, so this one was not taken. Begin \
             again without those that are here."
        }
        ShareError::TooFew => "There are not enough shares yet. Ask one more friend.",
        ShareError::Wrong => {
            "There are enough shares, but no account follows from them: one of them is false. Ask one more friend, \
             and you are told which; or begin again without these."
        }
        _ => {
            "This is not a share. Your friend finds theirs at You › Backup and recovery › They need it. Nothing was \
             changed."
        }
    }
}

/// Why linking a device came to nothing.
pub(crate) const fn linking(why: LinkFailure) -> &'static str {
    match why {
        LinkFailure::AlreadyLinked => {
            "That device belongs to your account already. There is nothing to link, and nothing was changed."
        }
        LinkFailure::Cancelled => {
            "Linking was stopped, here or on the other device. Nothing was changed. If you gave your agreement \
             already, look through your list of devices and remove what you do not know."
        }
        LinkFailure::Declined => {
            "The number was not the one that the new device shows. Nothing was given to it. Look at both \
             screens and begin again; if the pictures differ, somebody is in between."
        }
        LinkFailure::Expired => {
            "The code was not used in time. Nothing was changed; show a new one. It counts for two minutes."
        }
        LinkFailure::Invalid => {
            "There is no such code, or it is older than two minutes. Nothing was changed. Compare the letters, \
             see that both devices use the same meeting point, or show a new code."
        }
        LinkFailure::Incomplete => {
            "Not all that the lost device wrote has arrived here, or it never wrote, so nothing was changed: its \
             posts would be lost. Wait until it has, or link this as a new device and remove the other."
        }
        LinkFailure::NotAllowed => {
            "This device may not add others: it may only post, or it is new itself. Nothing was changed; use \
             another device of yours."
        }
        LinkFailure::NoAccount => {
            "Neither of the two devices has an account. Link to a device that has yours, or start a new account."
        }
        LinkFailure::Offline => {
            "The meeting point cannot be reached, and linking needs it. Nothing was changed. Look whether both \
             devices are online and try again."
        }
        LinkFailure::OtherAccount => {
            "That device belongs to another account, and two accounts cannot be joined. Nothing was changed."
        }
        LinkFailure::TooOften => {
            "The meeting point has too many codes or was asked too often. Nothing was changed; wait a minute and \
             try again."
        }
        LinkFailure::Twice => {
            "Somebody else used the code, too, so both were sent away. Nothing was changed. Show a new code, and \
             to nobody but your own device."
        }
        LinkFailure::Untrusted => {
            "What arrived is not what your other device sent: somebody may be in between. Nothing was given to \
             anybody. Try again through a meeting point that you trust."
        }
        _ => "Linking came to nothing, and nothing was changed. Please try again.",
    }
}

/// Why a file was not taken as a picture.
pub(crate) const fn picture(why: ImageError) -> &'static str {
    match why {
        ImageError::Animated => {
            "This picture moves, and moving pictures cannot be posted yet. Choose a still one."
        }
        ImageError::Malformed { .. } => {
            "This file is damaged or not the picture it says it is. Choose another one."
        }
        ImageError::Metadata(_) => {
            "Hidden data in this picture could not be removed, so it was not added."
        }
        ImageError::TooLarge { .. } => {
            "This picture has too many pixels for this device. Make it smaller and add it again."
        }
        ImageError::UnknownKind => {
            "Only JPEG, PNG and WebP pictures can be posted. Save this one as JPEG and add it again."
        }
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn every_refusal_has_its_own_sentence() {
        let all = [
            Refusal::Account,
            Refusal::Closed,
            Refusal::Empty,
            Refusal::Friends,
            Refusal::Incomplete,
            Refusal::Letter,
            Refusal::NoRoom,
            Refusal::NotMember,
            Refusal::Number,
            Refusal::Picture,
            Refusal::Power,
            Refusal::Removed,
            Refusal::Repairing,
            Refusal::Self_,
            Refusal::TooLong,
            Refusal::TooMany,
            Refusal::TooSoon,
            Refusal::Unknown,
            Refusal::Video,
            Refusal::Words,
        ];
        let sentences: std::collections::BTreeSet<_> = all.into_iter().map(refused).collect();
        assert_eq!(sentences.len(), all.len());
    }

    #[test]
    fn every_useless_share_has_its_own_sentence() {
        let all = [
            ShareError::Damaged,
            ShareError::Foreign,
            ShareError::OtherAccount,
            ShareError::OtherSet,
            ShareError::OtherVersion,
            ShareError::Sealed,
            ShareError::TooFew,
            ShareError::TooMany,
            ShareError::Twice,
            ShareError::Wrong,
        ];
        let sentences: std::collections::BTreeSet<_> = all.into_iter().map(share).collect();
        assert_eq!(sentences.len(), all.len());
    }

    #[test]
    fn every_failure_of_linking_has_its_own_sentence() {
        let all = [
            LinkFailure::AlreadyLinked,
            LinkFailure::Cancelled,
            LinkFailure::Declined,
            LinkFailure::Expired,
            LinkFailure::Incomplete,
            LinkFailure::Invalid,
            LinkFailure::NotAllowed,
            LinkFailure::NoAccount,
            LinkFailure::Offline,
            LinkFailure::OtherAccount,
            LinkFailure::TooOften,
            LinkFailure::Twice,
            LinkFailure::Untrusted,
        ];
        let sentences: std::collections::BTreeSet<_> = all.into_iter().map(linking).collect();
        assert_eq!(sentences.len(), all.len());
    }
}
