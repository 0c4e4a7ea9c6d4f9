//! Backup and recovery: the words are shown, written down, asked for, and then forgotten here; and
//! everything in one file.

mod ask;
mod file;
mod view;

pub(crate) use view::Backup;
