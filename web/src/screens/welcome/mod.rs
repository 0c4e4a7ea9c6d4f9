//! Welcome: a name, perhaps a picture, and the person is in the app.

mod view;

pub(crate) use view::Welcome;
