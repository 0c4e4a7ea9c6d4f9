//! An account that began elsewhere comes to this browser: by its words, or because another device adds it.

mod by_words;
mod view;

pub(crate) use by_words::ByWords;
pub(crate) use view::Joining;
