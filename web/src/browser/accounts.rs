//! The accounts of this browser. Each has a number here, and under it databases, notes and a lock of its
//! own. A tab opens one of them, chosen before anything is read, and no other for as long as the page
//! lives: so nothing that was begun in one account can end in another, and two tabs may have two open.
//!
//! Number 0 has the bare names, which are those of every browser that has one account.

use std::cell::OnceCell;

use effigy_core::Identity;
use leptos::prelude::window;
use web_sys::Storage;

use super::marker;

/// Most accounts of one browser.
const MOST: u32 = 8;
/// The name of the record of the account that was opened last, in any tab.
const LAST: &str = "effigy.last";
/// The name of a tab's own record of the account that it opens: it outlives a reload.
const TAB: &str = "effigy.tab";

/// An account of this browser.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Listed {
    /// Its key; `None` where the browser lost or damaged the note of it.
    pub(crate) account: Option<Identity>,
    /// What the person was called when it was last open.
    pub(crate) name: Option<String>,
    /// Its number.
    pub(crate) number: u32,
}

thread_local! {
    static OPEN: OnceCell<u32> = const { OnceCell::new() };
}

/// The number of the account that this page opens, or makes.
pub(crate) fn number() -> u32 {
    OPEN.with(|open| *open.get_or_init(chosen))
}

/// What this tab had open before, or any tab had last, or the first that there is.
fn chosen() -> u32 {
    let tab = tab().and_then(|storage| read(&storage, TAB));
    let last = || browser().and_then(|storage| read(&storage, LAST));
    tab.or_else(|| last().filter(|number| is_listed(*number)))
        .or_else(|| list().first().map(|listed| listed.number))
        .unwrap_or_default()
}

/// What a database, a note or a lock of this page's account is called.
pub(crate) fn name(base: &str) -> String {
    named(base, number())
}

/// What a database or a note of the account with this number is called.
pub(crate) fn named(base: &str, number: u32) -> String {
    if number == 0 { base.to_owned() } else { format!("{base}-{number}") }
}

/// The number of the account whose database or note is called so.
pub(crate) fn number_in(base: &str, name: &str) -> Option<u32> {
    (0..MOST).find(|number| named(base, *number) == name)
}

/// Every account of this browser of which there is a note.
pub(crate) fn list() -> Vec<Listed> {
    let listed = |number| {
        let account = marker::text_of(number)?.parse().ok();
        Some(Listed { account, name: marker::name_of(number), number })
    };
    (0..MOST).filter_map(listed).collect()
}

/// The others than that of this page.
pub(crate) fn others() -> Vec<Listed> {
    let mut others = list();
    others.retain(|listed| listed.number != number());
    others
}

/// What the person is called in this page's account.
pub(crate) fn name_here() -> Option<String> {
    marker::name_of(number())
}

/// Whether one of the others is this account.
pub(crate) fn is_elsewhere(account: &Identity) -> bool {
    others().iter().any(|listed| listed.account.as_ref() == Some(account))
}

/// Whether there is a note of an account with this number.
pub(crate) fn is_listed(number: u32) -> bool {
    marker::text_of(number).is_some()
}

/// A number that no account has; `None` when there are as many as there may be.
pub(crate) fn free() -> Option<u32> {
    free_beside(number(), is_listed)
}

fn free_beside(own: u32, is_taken: impl Fn(u32) -> bool) -> Option<u32> {
    (0..MOST).find(|free| *free != own && !is_taken(*free))
}

/// Has this tab open another account when it is loaded again. Tells whether the browser noted that.
pub(crate) fn choose(number: u32) -> bool {
    tab().is_some_and(|storage| storage.set_item(TAB, &number.to_string()).is_ok())
}

/// Notes that this page's account was opened: new tabs open it as well.
pub(crate) fn note_opened() {
    if let Some(storage) = browser() {
        // Where it cannot be kept, new tabs open the first one.
        storage.set_item(LAST, &number().to_string()).unwrap_or_default();
    }
}

/// This page's account is gone: new tabs open another one.
pub(crate) fn note_gone() {
    if let Some(storage) = browser()
        && read(&storage, LAST) == Some(number())
    {
        storage.remove_item(LAST).unwrap_or_default();
    }
}

/// A number as it was written down, if it is one.
fn read(storage: &Storage, name: &str) -> Option<u32> {
    let number = storage.get_item(name).ok()??.parse().ok()?;
    (number < MOST).then_some(number)
}

fn browser() -> Option<Storage> {
    window().local_storage().ok()?
}

fn tab() -> Option<Storage> {
    window().session_storage().ok()?
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn each_number_has_its_own_names() {
        assert_eq!(named("effigy", 0), "effigy");
        assert_eq!(named("effigy", 2), "effigy-2");
        assert_eq!(number_in("effigy", "effigy"), Some(0));
        assert_eq!(number_in("effigy", "effigy-7"), Some(7));
        for other in ["effigy-0", "effigy-8", "effigy-07", "effigy-vault", "effigy-vault-1", "else"]
        {
            assert_eq!(number_in("effigy", other), None, "{other}");
        }
    }

    #[test]
    fn a_damaged_list_is_still_one_and_has_an_end() {
        let storage = browser().unwrap();
        let known = Identity::from_bytes([5; 32]);
        let written = [
            ("effigy.account-5", known.to_string()),
            ("effigy.name-5", "  A\u{202e}na ".to_owned() + &"a".repeat(10_000)),
            ("effigy.account-6", "{\"nonsense\":".to_owned()),
            ("effigy.name-6", "\u{200b}".to_owned()),
            ("effigy.account-8", known.to_string()),
            ("effigy.account-99999999999", known.to_string()),
            ("effigy.name-7", "A name without an account".to_owned()),
        ];
        for (name, text) in &written {
            storage.set_item(name, text).unwrap();
        }
        let found: Vec<Listed> = list().into_iter().filter(|listed| listed.number >= 4).collect();
        let [five, six] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((five.account, five.number), (Some(known), 5));
        let name = five.name.as_ref().unwrap();
        assert!(name.starts_with("Ana") && name.chars().count() <= 40, "{name}");
        assert_eq!(*six, Listed { account: None, name: None, number: 6 });
        assert!(is_elsewhere(&known) && !is_elsewhere(&Identity::from_bytes([6; 32])));
        written.iter().for_each(|(name, _)| storage.remove_item(name).unwrap());
    }

    #[test]
    fn numbers_run_out() {
        assert_eq!(free_beside(0, |_| false), Some(1));
        assert_eq!(free_beside(3, |_| false), Some(0));
        assert_eq!(free_beside(0, |number| number < 7), Some(7));
        assert_eq!(free_beside(0, |number| number > 0), None);
    }

    #[test]
    fn a_number_that_was_written_down_wrong_is_none() {
        let storage = tab().unwrap();
        for (text, number) in [("3", Some(3)), ("8", None), ("-1", None), ("", None), ("x", None)] {
            storage.set_item("effigy.test-number", text).unwrap();
            assert_eq!(read(&storage, "effigy.test-number"), number, "{text}");
        }
        storage.remove_item("effigy.test-number").unwrap();
    }
}
