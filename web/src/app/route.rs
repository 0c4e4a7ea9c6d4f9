//! Where in the app a person is: what stands after the number sign of the address. That part of an
//! address never reaches a server.

use effigy_core::invite::is_origin;
use effigy_core::{Cid, Identity, Invite};

use effigy_core::invite::InviteError;

/// A place in the app.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) enum Route {
    /// Version and licences.
    About,
    /// The accounts of this browser.
    Accounts,
    /// Adding somebody: my code, scanning, pasting.
    Add,
    /// Colours.
    Appearance,
    /// The recovery words.
    Backup,
    /// Closing the account for good.
    CloseAccount,
    /// Writing a post.
    Compose,
    /// Connecting to somebody without a hub.
    Connect(Identity),
    /// The timeline.
    #[default]
    Home,
    /// An invite that was opened as a link: the code in it.
    Invite(String),
    /// Taking the account out of this browser.
    Leave,
    /// The devices of the account.
    Devices,
    /// Removing devices by the recovery words.
    DevicesByWords,
    /// Linking a device.
    Link,
    /// A link for linking a device that was opened by itself: it does nothing.
    LinkRefused,
    /// The app lock.
    Lock,
    /// A place that does not exist.
    Lost,
    /// Hub, peers, feeds.
    Network,
    /// Everybody known.
    People,
    /// Somebody.
    Person(Identity),
    /// One post and the answers to it.
    Post {
        /// The post.
        id: Cid,
        /// Whether to begin an answer at once.
        reply: bool,
    },
    /// Changing the own profile.
    Profile,
    /// Room on this device.
    Storage,
    /// The own profile and the ways to all settings.
    You,
}

/// Which entry of the bar belongs to a place.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Section {
    Compose,
    Home,
    People,
    You,
}

impl Route {
    /// Reads what stands after the number sign, with it.
    pub(crate) fn parse(hash: &str) -> Self {
        let path = hash.strip_prefix('#').unwrap_or(hash);
        let path = path.strip_prefix('/').unwrap_or(path);
        // What other apps hang onto a link they were given.
        let path = path.split(['?', '&']).next().unwrap_or_default();
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        match parts.as_slice() {
            [] => Self::Home,
            ["compose"] => Self::Compose,
            ["invite", code] => Self::Invite((*code).to_owned()),
            ["link", ..] => Self::LinkRefused,
            ["people"] => Self::People,
            ["people", "add"] => Self::Add,
            ["person", did] => did.parse().map_or(Self::Lost, Self::Person),
            ["person", did, "connect"] => did.parse().map_or(Self::Lost, Self::Connect),
            ["post", id] => id.parse().map_or(Self::Lost, |id| Self::Post { id, reply: false }),
            ["post", id, "reply"] => {
                id.parse().map_or(Self::Lost, |id| Self::Post { id, reply: true })
            }
            ["you"] => Self::You,
            ["you", "about"] => Self::About,
            ["you", "accounts"] => Self::Accounts,
            ["you", "accounts", "leave"] => Self::Leave,
            ["you", "appearance"] => Self::Appearance,
            ["you", "backup"] => Self::Backup,
            ["you", "close"] => Self::CloseAccount,
            ["you", "devices"] => Self::Devices,
            ["you", "devices", "words"] => Self::DevicesByWords,
            ["you", "link"] => Self::Link,
            ["you", "lock"] => Self::Lock,
            ["you", "network"] => Self::Network,
            ["you", "profile"] => Self::Profile,
            ["you", "storage"] => Self::Storage,
            _ => Self::Lost,
        }
    }

    /// The entry of the bar to which this place belongs.
    pub(crate) const fn section(&self) -> Option<Section> {
        match self {
            Self::Compose => Some(Section::Compose),
            Self::Home | Self::Post { .. } => Some(Section::Home),
            Self::Add | Self::Connect(_) | Self::Invite(_) | Self::People | Self::Person(_) => {
                Some(Section::People)
            }
            Self::About
            | Self::Accounts
            | Self::Appearance
            | Self::Backup
            | Self::CloseAccount
            | Self::Devices
            | Self::DevicesByWords
            | Self::Leave
            | Self::Link
            | Self::LinkRefused
            | Self::Lock
            | Self::Network
            | Self::Profile
            | Self::Storage
            | Self::You => Some(Section::You),
            Self::Lost => None,
        }
    }
}

/// The address of somebody's page.
pub(crate) fn person(synod: &Identity) -> String {
    format!("#/person/{synod}")
}

/// The address of connecting to somebody without a hub.
pub(crate) fn connect(synod: &Identity) -> String {
    format!("#/person/{synod}/connect")
}

/// The address of a post.
pub(crate) fn post(id: &Cid) -> String {
    format!("#/post/{id}")
}

/// The address of a post, ready to be answered.
pub(crate) fn answer(id: &Cid) -> String {
    format!("#/post/{id}/reply")
}

/// Reads the code of an invite link that this page was opened with. The hub that served the page is
/// where both can meet. A link of the system, `web+effigy:…`, arrives with its scheme escaped.
///
/// # Errors
/// When it is no invite.
pub(crate) fn invite(code: &str, origin: &str) -> Result<Invite, InviteError> {
    let code = ["web%2Beffigy:", "web%2Beffigy%3A", "web%2beffigy%3a", "web+effigy:"]
        .into_iter()
        .find_map(|scheme| code.strip_prefix(scheme))
        .map_or_else(|| (false, code), |code| (true, code));
    match code {
        (false, code) if is_origin(origin) => Invite::parse(&format!("{origin}/#/invite/{code}")),
        (_, code) => Invite::parse(&format!("effigy:{code}")),
    }
}

#[cfg(test)]
mod tests {
    use effigy_core::Secret;
    use effigy_core::invite::Token;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn places_are_read_and_nonsense_is_lost() {
        let somebody = Secret::from_seed(&[3; 32]).identity();
        let id = Cid::of(b"post");
        for (hash, route) in [
            ("", Route::Home),
            ("#/", Route::Home),
            ("#/?src=pwa", Route::Home),
            ("#/compose", Route::Compose),
            ("#/people/add", Route::Add),
            ("#/you/accounts/leave", Route::Leave),
            ("#/you/backup", Route::Backup),
            ("#/you/devices/words", Route::DevicesByWords),
            ("#/you/link", Route::Link),
            ("#/link/AQEB", Route::LinkRefused),
            ("#/you/network", Route::Network),
            (&person(&somebody), Route::Person(somebody)),
            (&connect(&somebody), Route::Connect(somebody)),
            (&post(&id), Route::Post { id, reply: false }),
            (&answer(&id), Route::Post { id, reply: true }),
            ("#/invite/AQEB", Route::Invite("AQEB".to_owned())),
            ("#/person/did:key:zabc", Route::Lost),
            ("#/post/<script>", Route::Lost),
            ("#/nowhere", Route::Lost),
        ] {
            assert_eq!(Route::parse(hash), route, "{hash}");
        }
    }

    #[test]
    fn links_name_the_hub_that_served_them() {
        let synod = Secret::from_seed(&[4; 32]).identity();
        let hub = Some("https://hub.example".to_owned());
        let given = Invite { hub: hub.clone(), synod, token: Token([7; 16]) };
        let link = given.to_link();
        let Route::Invite(code) = Route::parse(&link[link.find('#').expect("a link")..]) else {
            panic!("no invite in {link}")
        };
        assert_eq!(invite(&code, "https://hub.example"), Ok(given.clone()));
        let text = given.to_text();
        let code = text.strip_prefix("effigy:").expect("a short text");
        assert_eq!(invite(&format!("web%2Beffigy%3A{code}"), "https://x.example"), Ok(given));
    }
}
