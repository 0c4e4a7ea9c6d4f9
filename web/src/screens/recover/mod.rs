//! An account that began elsewhere comes to this browser: by its words, by shares that friends keep, by a
//! backup, or because another device adds it.

mod by_backup;
mod by_friends;
mod by_words;
mod view;

pub(crate) use by_backup::ByBackup;
pub(crate) use by_friends::ByFriends;
pub(crate) use by_words::ByWords;
pub(crate) use view::Joining;
