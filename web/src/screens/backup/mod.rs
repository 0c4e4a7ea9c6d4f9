//! Backup and recovery: the words are shown, written down, asked for, and then forgotten here; friends
//! keep shares of the account; and everything goes into one file.

mod ask;
mod choose;
mod file;
mod friends;
mod held;
mod helping;
mod view;

pub(crate) use view::{Backup, Shown};
