//! Somebody: who they are, what they posted, and what this person is to them.

mod keeping;
mod relations;
mod state;
mod view;

pub(crate) use view::PersonScreen;
