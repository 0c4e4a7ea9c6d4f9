//! What stands around every screen of the running app: the bar, the status line, notices.

use leptos::prelude::*;

use super::{Model, Route, Router, Section};
use crate::parts::{
    ClockNotice, Glyph, Icon, JoinedNotice, KeyboardHelp, NarrowNotice, OutNotice, RepairNotice,
    StatusLine, UnwritableNotice, UpdateNotice,
};
use crate::screens::{
    About, Accounts, Add, AppLock, Appearance, Backup, CloseAccount, Compose, Connect, Devices,
    DevicesByWords, Home, InviteScreen, Leave, LinkDevice, LinkRefused, Lost, NetworkScreen,
    People, PersonScreen, PostScreen, Profile, Storage, You,
};

/// The running app.
#[component]
pub(crate) fn Frame() -> impl IntoView {
    view! {
        <a class="skip" href="#main" on:click=skip>"Skip to content"</a>
        <div class="frame">
            <Bar/>
            <div class="column">
                <UpdateNotice/>
                <NarrowNotice/>
                <ClockNotice/>
                <RepairNotice/>
                <OutNotice/>
                <UnwritableNotice/>
                <JoinedNotice/>
                <main id="main" tabindex="-1"><Place/></main>
            </div>
        </div>
        <KeyboardHelp/>
    }
}

/// The address after the number sign is ours, so the jump is made by hand.
fn skip(event: web_sys::MouseEvent) {
    event.prevent_default();
    if !crate::browser::page::focus("main h1") {
        crate::browser::page::focus("main");
    }
}

/// The screen for the place where the person is.
#[component]
fn Place() -> impl IntoView {
    let route = expect_context::<Router>().route();
    let place = Memo::new(move |_| route.get());
    move || match place.get() {
        Route::About => view! { <About/> }.into_any(),
        Route::Accounts => view! { <Accounts/> }.into_any(),
        Route::Add => view! { <Add/> }.into_any(),
        Route::Appearance => view! { <Appearance/> }.into_any(),
        Route::Backup => view! { <Backup/> }.into_any(),
        Route::CloseAccount => view! { <CloseAccount/> }.into_any(),
        Route::Compose => view! { <Compose/> }.into_any(),
        Route::Devices => view! { <Devices/> }.into_any(),
        Route::DevicesByWords => view! { <DevicesByWords/> }.into_any(),
        Route::Home => view! { <Home/> }.into_any(),
        Route::Invite(code) => view! { <InviteScreen code/> }.into_any(),
        Route::Leave => view! { <Leave/> }.into_any(),
        Route::Link => view! { <LinkDevice/> }.into_any(),
        Route::LinkRefused => view! { <LinkRefused/> }.into_any(),
        Route::Lock => view! { <AppLock/> }.into_any(),
        Route::Lost => view! { <Lost/> }.into_any(),
        Route::Network => view! { <NetworkScreen/> }.into_any(),
        Route::People => view! { <People/> }.into_any(),
        Route::Connect(synod) => view! { <Connect synod/> }.into_any(),
        Route::Person(synod) => view! { <PersonScreen synod/> }.into_any(),
        Route::Post { id, reply } => view! { <PostScreen id reply/> }.into_any(),
        Route::Profile => view! { <Profile/> }.into_any(),
        Route::Storage => view! { <Storage/> }.into_any(),
        Route::You => view! { <You/> }.into_any(),
    }
}

/// Up to how many new posts are counted.
const COUNTED: usize = 100;

fn shortly(unread: usize) -> String {
    if unread < COUNTED { unread.to_string() } else { format!("{}+", COUNTED.saturating_sub(1)) }
}

/// At the bottom on phones, at the side on wide screens.
#[component]
fn Bar() -> impl IntoView {
    let model = expect_context::<Model>();
    let unread = Memo::new(move |_| model.unread(COUNTED));
    let out = model.out();
    view! {
        <header class="bar">
            <a class="brand" href="#/" aria-label="Effigy, home">
                <img src="/icons/mark.svg" width="36" height="36" alt=""/>
                <span class="brand-name" aria-hidden="true">"Effigy"</span>
            </a>
            <nav aria-label="Main">
                <Entry section=Section::Home href="#/" icon=Icon::Home name="Home" unread/>
                <span id="unread" hidden>{move || match unread.get() {
                    0 => String::new(),
                    1 => "1 new post".to_owned(),
                    many => format!("{} new posts", shortly(many)),
                }}</span>
                <Entry section=Section::People href="#/people" icon=Icon::People name="People"/>
                <Show when=move || out.get().is_none()>
                    <Entry section=Section::Compose href="#/compose" icon=Icon::Plus name="Write"/>
                </Show>
                <Entry section=Section::You href="#/you" icon=Icon::You name="You"/>
            </nav>
            <StatusLine/>
        </header>
    }
}

#[component]
fn Entry(
    section: Section,
    href: &'static str,
    icon: Icon,
    name: &'static str,
    /// How many posts there are that the person has not seen, on any of their devices.
    #[prop(optional, into)]
    unread: Option<Signal<usize>>,
) -> impl IntoView {
    let route = expect_context::<Router>().route();
    let here = move || route.with(Route::section) == Some(section);
    let current = move || here().then_some("page");
    let class = if section == Section::Compose { "entry entry-compose" } else { "entry" };
    view! {
        <a class=class href=href aria-current=current aria-describedby=unread.map(|_| "unread")>
            <span class="entry-glyph">
                <Glyph icon/>
                {move || unread.map(|unread| unread.get()).filter(|unread| *unread > 0).map(|unread| view! {
                    <span class="entry-count" aria-hidden="true">{shortly(unread)}</span>
                })}
            </span>
            <span class="entry-name">{name}</span>
        </a>
    }
}
