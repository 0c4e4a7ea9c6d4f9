//! Profile: what others see of this person.

mod form;
mod view;

pub(crate) use view::Profile;
