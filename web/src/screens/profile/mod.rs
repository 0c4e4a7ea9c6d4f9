//! Profile: what others see of this person.

mod view;

pub(crate) use view::Profile;
