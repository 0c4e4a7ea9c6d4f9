//! Choices that belong to this browser alone.

use effigy_core::Identity;
use leptos::prelude::window;
use web_sys::Storage;

use super::page::set_root_attribute;

const THEME: &str = "effigy-theme";
const KEEP_ASKED: &str = "effigy-keep-asked";
const LETTER_KEYS: &str = "effigy-letter-keys";
const LOCK_AFTER: &str = "effigy-lock-after";
/// After how many minutes the app locks, unless somebody says otherwise.
const LOCK_AFTER_USUAL: u32 = 5;

/// The colours of the app.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Theme {
    /// Dark.
    Dark,
    /// Light.
    Light,
    /// As the system says.
    #[default]
    System,
}

impl Theme {
    /// The choice with this name, which is also what devices call it among each other.
    pub(crate) fn named(name: &str) -> Self {
        match name {
            "dark" => Self::Dark,
            "light" => Self::Light,
            _ => Self::System,
        }
    }

    const fn word(self) -> Option<&'static str> {
        match self {
            Self::Dark => Some("dark"),
            Self::Light => Some("light"),
            Self::System => None,
        }
    }
}

fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

/// The choice that was made here before.
pub(crate) fn theme() -> Theme {
    let kept = storage().and_then(|storage| storage.get_item(THEME).ok().flatten());
    Theme::named(&kept.unwrap_or_default())
}

/// Colours the page.
pub(crate) fn show_theme(theme: Theme) {
    set_root_attribute("data-theme", theme.word());
}

/// Colours the page from now on. Where nothing can be stored, until it is closed.
pub(crate) fn choose_theme(theme: Theme) {
    show_theme(theme);
    let Some(storage) = storage() else { return };
    match theme.word() {
        Some(word) => storage.set_item(THEME, word).unwrap_or_default(),
        None => storage.remove_item(THEME).unwrap_or_default(),
    }
}

/// Whether single letters do something. They do until somebody says otherwise.
pub(crate) fn has_letter_keys() -> bool {
    let choice = storage().and_then(|storage| storage.get_item(LETTER_KEYS).ok().flatten());
    choice.as_deref() != Some("off")
}

/// Lets single letters do something, or not. Where nothing can be stored they always do.
pub(crate) fn choose_letter_keys(on: bool) {
    let Some(storage) = storage() else { return };
    if on {
        storage.remove_item(LETTER_KEYS).unwrap_or_default();
    } else {
        storage.set_item(LETTER_KEYS, "off").unwrap_or_default();
    }
}

/// After how many minutes in which nobody used it the app locks, where there is a lock; 0 where it locks
/// only by hand and with the page.
pub(crate) fn lock_after() -> u32 {
    let choice = storage().and_then(|storage| storage.get_item(LOCK_AFTER).ok().flatten());
    choice.and_then(|choice| choice.parse().ok()).unwrap_or(LOCK_AFTER_USUAL)
}

/// Locks after so many minutes from now on. Where nothing can be stored it stays as it was.
pub(crate) fn choose_lock_after(minutes: u32) {
    if let Some(storage) = storage() {
        storage.set_item(LOCK_AFTER, &minutes.to_string()).unwrap_or_default();
    }
}

/// How often the person said that they know of a device which joined.
pub(crate) fn times_told(device: &Identity) -> u8 {
    let told = storage().and_then(|storage| storage.get_item(&told_key(device)).ok().flatten());
    told.and_then(|told| told.parse().ok()).unwrap_or(0)
}

/// Remembers that. Where nothing can be stored they are told again with every start.
pub(crate) fn tell(device: &Identity, times: u8) {
    if let Some(storage) = storage() {
        storage.set_item(&told_key(device), &times.to_string()).unwrap_or_default();
    }
}

fn told_key(device: &Identity) -> String {
    format!("effigy-joined-{device}")
}

/// Whether the person was asked already to protect what is kept here.
pub(crate) fn was_asked_to_keep() -> bool {
    storage().is_some_and(|storage| matches!(storage.get_item(KEEP_ASKED), Ok(Some(_))))
}

/// Remembers that they were. Where nothing can be stored they are asked again next time.
pub(crate) fn set_asked_to_keep() {
    if let Some(storage) = storage() {
        storage.set_item(KEEP_ASKED, "yes").unwrap_or_default();
    }
}
