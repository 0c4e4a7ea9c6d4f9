//! Backup and recovery: the words are shown, written down, asked for, and then forgotten here.

mod ask;
mod view;

pub(crate) use view::Backup;
