//! The view of oneself.

use leptos::prelude::*;

use crate::app::{Model, route};
use crate::parts::{Avatar, Glyph, Icon, Name, Screen, ShortKey};

const PLACES: [(&str, Icon, &str, &str); 9] = [
    ("#/people/add", Icon::PersonAdd, "My code", "Show it, and somebody can follow you"),
    (
        "#/you/devices",
        Icon::Devices,
        "Linked devices",
        "Use your account on another phone or computer, too",
    ),
    (
        "#/you/accounts",
        Icon::People,
        "Accounts",
        "Have more than one in this browser, and switch between them",
    ),
    ("#/you/network", Icon::Network, "Network", "Hubs, who is connected, what is in sync"),
    (
        "#/you/backup",
        Icon::Key,
        "Backup and recovery",
        "Words and a file that bring your account back",
    ),
    ("#/you/lock", Icon::Lock, "App lock", "Asks for a passphrase or passkey before Effigy opens"),
    ("#/you/storage", Icon::Storage, "Storage", "What lies on this device, and whether it is kept"),
    ("#/you/appearance", Icon::Moon, "Appearance", "Light, dark, or as the system says"),
    ("#/you/about", Icon::Info, "About", "Version and where it came from"),
];

/// Oneself, and the ways to everything that can be set.
#[component]
pub(crate) fn You() -> impl IntoView {
    let me = expect_context::<Model>().me();
    view! {
        <Screen title="You">
            {me.map(|synod| view! {
                <section class="person-head">
                    <Avatar synod size="large"/>
                    <div class="person-words">
                        <p class="person-name"><Name synod/></p>
                        <p class="row-note">"key "<ShortKey synod/></p>
                    </div>
                </section>
                <div class="actions">
                    <a class="button" href="#/you/profile"><Glyph icon=Icon::Pen/>"Edit profile"</a>
                    <a class="button" href=route::person(&synod)>"My posts"</a>
                </div>
            })}
            <ul class="rows rows-boxed">
                {PLACES.map(|(href, icon, name, note)| view! {
                    <li><a class="row" href=href>
                        <Glyph icon/>
                        <span class="row-words"><span class="row-title">{name}</span><span class="row-note">{note}</span></span>
                        <Glyph icon=Icon::Next/>
                    </a></li>
                })}
            </ul>
            <p class="hint"><a href="#/you/close">"Close the account"</a></p>
        </Screen>
    }
}
