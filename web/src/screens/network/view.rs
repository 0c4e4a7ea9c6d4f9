//! The view of the network.

use effigy_core::Identity;
use effigy_proto::{Command, FeedStatus, Given, Network, Path, PeerStatus};
use leptos::prelude::*;

use super::hubs::Hubs;
use crate::app::{Handle, Model};
use crate::parts::{Glyph, Icon, Screen, ago, bytes, called, differs};

/// Hubs, peers, feeds.
#[component]
pub(crate) fn NetworkScreen() -> impl IntoView {
    view! {
        <Screen title="Network" back="#/you">
            <Hubs/>
            <Peers/>
            <Ledger/>
            <Feeds/>
        </Screen>
    }
}

const fn path(path: Path) -> &'static str {
    match path {
        Path::Direct => "Direct",
        Path::Hub => "via hub",
        Path::Relay => "via relay",
    }
}

/// Whose device it is.
fn whose(model: Model, peer: &PeerStatus) -> String {
    match peer.synod {
        None => "Hub".to_owned(),
        Some(synod) if model.me() == Some(synod) => "Your other device".to_owned(),
        Some(synod) => model.with_view(|view| called(view, &synod)).unwrap_or_default(),
    }
}

#[component]
fn Peers() -> impl IntoView {
    let model = expect_context::<Model>();
    let handle = expect_context::<Handle>();
    let peers = Memo::new(move |_| model.network().with(|network| network.peers.clone()));
    // A full inbox wakes the engine as well.
    let try_now = move |_| {
        handle.send(Command::Wake);
    };
    view! {
        <section class="panel" aria-labelledby="peers-title">
            <h2 id="peers-title">"Connected now"</h2>
            <ul class="rows">
                <For each=move || peers.get() key=|peer| peer.identity children=move |peer: PeerStatus| {
                    let identity = peer.identity;
                    let now = Memo::new(move |_| peers.with(|peers| peers.iter().find(|peer| peer.identity == identity).cloned()));
                    view! { <li>{move || now.get().map(|peer| view! { <Peer peer/> })}</li> }
                }/>
            </ul>
            <Show when=move || peers.with(Vec::is_empty)>
                <p>"Nobody is connected at the moment. Who is will appear here, with the way by which they are reached."</p>
                <div class="actions"><button class="button" type="button" on:click=try_now>"Try now"</button></div>
            </Show>
        </section>
    }
}

#[component]
fn Peer(peer: PeerStatus) -> impl IntoView {
    let model = expect_context::<Model>();
    let icon = if peer.synod.is_some() { Icon::Devices } else { Icon::Hub };
    let (received, sent) = (bytes(peer.bytes_in), bytes(peer.bytes_out));
    let coming = (peer.to_receive > 0).then(|| format!(" · {} to come", peer.to_receive));
    let key = peer.identity.short();
    let badge = path(peer.path);
    let name = move || whose(model, &peer);
    view! {
        <div class="row">
            <Glyph icon/>
            <span class="row-words">
                <span class="row-title"><bdi>{name}</bdi>" "<span class="badge">{badge}</span></span>
                <span class="row-note">"received "{received}" · sent "{sent}{coming}" · key "<span class="key">{key}</span></span>
            </span>
        </div>
    }
}

/// How many are shown of those who gave and took: who did most.
const SHOWN: usize = 50;

/// Who somebody is of whom it is remembered what they gave and took.
fn who(model: Model, who: &Identity) -> String {
    let hub = |network: &Network| network.hubs.iter().any(|hub| hub.identity == Some(*who));
    if model.me() == Some(*who) {
        return "Your other devices".to_owned();
    }
    if model.network().with(hub) {
        return "Hub".to_owned();
    }
    model.with_view(|view| called(view, who)).unwrap_or_default()
}

/// Who gave and took how many bytes of pictures, videos and files.
#[component]
fn Ledger() -> impl IntoView {
    let model = expect_context::<Model>();
    let ledger = Memo::new(move |_| {
        let mut ledger = model.network().with(|network| network.ledger.clone());
        ledger.sort_by_key(|one| std::cmp::Reverse(one.given.saturating_add(one.taken)));
        ledger.truncate(SHOWN);
        ledger
    });
    let row = move |one: Given| {
        let (given, taken, key) = (bytes(one.given), bytes(one.taken), one.who.short());
        view! {
            <li class="row">
                <span class="row-words">
                    <span class="row-title"><bdi>{move || who(model, &one.who)}</bdi></span>
                    <span class="row-note">"they took "{given}" · they gave "{taken}" · key "<span class="key">{key}</span></span>
                </span>
            </li>
        }
    };
    view! {
        <section class="panel" aria-labelledby="ledger-title">
            <h2 id="ledger-title">"Given and taken"</h2>
            <p class="hint">"How much of pictures, videos and files others took from this device and gave to it. Only this device keeps that."</p>
            <ul class="rows">{move || ledger.get().into_iter().map(row).collect_view()}</ul>
            <Show when=move || ledger.with(Vec::is_empty)>
                <p>"Nothing yet. What goes to others or comes from them will be counted here."</p>
            </Show>
        </section>
    }
}

/// "312 of 312, head 2 h old, confirmed by 2, 40 s ago".
fn completeness(feed: &FeedStatus, now: u64) -> String {
    let known = feed.known.max(feed.held);
    let newest = if feed.held == 0 {
        String::new()
    } else {
        format!(", head {} old", ago(feed.head_time.0, now))
    };
    let heard = feed.heard.map_or_else(String::new, |at| format!(", {} ago", ago(at.0, now)));
    format!("{} of {known}{newest}, confirmed by {}{heard}", feed.held, feed.confirmed_by)
}

/// Entries that are answered here and missing.
#[component]
fn Gaps() -> impl IntoView {
    let model = expect_context::<Model>();
    let gaps = Memo::new(move |_| model.network().with(|network| network.gaps));
    let words = move || match gaps.get() {
        1 => "1 post that somebody answered is not here. It is looked for.".to_owned(),
        many => format!("{many} posts that somebody answered are not here. They are looked for."),
    };
    view! { <Show when=move || gaps.get() != 0><p class="hint" data-notice="gaps">{words}</p></Show> }
}

#[component]
fn Feeds() -> impl IntoView {
    let model = expect_context::<Model>();
    let feeds = Memo::new(move |_| model.network().with(|network| network.feeds.clone()));
    view! {
        <section class="panel" aria-labelledby="feeds-title">
            <h2 id="feeds-title">"Feeds"</h2>
            <p class="hint">"Every device writes a feed of its own, and every account one more. This is how much of each is here, and how many others say the same."</p>
            <Gaps/>
            <ul class="rows">
                <For each=move || feeds.get() key=|feed| feed.identity children=move |feed: FeedStatus| {
                    let identity = feed.identity;
                    let now = Memo::new(move |_| feeds.with(|feeds| feeds.iter().find(|feed| feed.identity == identity).cloned()));
                    view! { <li>{move || now.get().map(|feed| view! { <Feed feed/> })}</li> }
                }/>
            </ul>
            <Show when=move || feeds.with(Vec::is_empty)>
                <p>"No feed is kept here yet. Those of the people you follow will appear here."</p>
                <div class="actions"><a class="button" href="#/people/add"><Glyph icon=Icon::PersonAdd/>"Add a friend"</a></div>
            </Show>
        </section>
    }
}

/// What of somebody a feed is.
fn part(model: Model, feed: &FeedStatus) -> String {
    if feed.identity == feed.synod {
        return "account".to_owned();
    }
    if model.device() == Some(feed.identity) {
        return "this device".to_owned();
    }
    let name = |identity: &Identity| {
        model
            .with_view(|view| view.person(&feed.synod)?.devices.get(identity).cloned())
            .flatten()
            .map(|name| effigy_core::text::clean_name(&name))
            .filter(|name| !name.is_empty())
    };
    name(&feed.identity).unwrap_or_else(|| "device".to_owned())
}

#[component]
fn Feed(feed: FeedStatus) -> impl IntoView {
    let model = expect_context::<Model>();
    let key = feed.identity.short();
    let forked = feed.fork.is_some();
    let known = feed.known.max(feed.held).max(1);
    let (held, differing) = (feed.held, feed.differing.clone());
    let feed = StoredValue::new(feed);
    let name = move || {
        feed.with_value(|feed| model.with_view(|view| called(view, &feed.synod)))
            .unwrap_or_default()
    };
    let part = move || feed.with_value(|feed| part(model, feed));
    let words = move || feed.with_value(|feed| completeness(feed, model.now().get()));
    view! {
        <div class="row">
            <span class="row-words">
                <span class="row-title"><bdi>{name}</bdi>", "<bdi>{part}</bdi>" "{forked.then(|| view! { <span class="badge badge-trouble">"two versions"</span> })}</span>
                <span class="row-note">{words}" · key "<span class="key">{key}</span></span>
                {differing.clone().into_iter().map(|differing| {
                    let words = move || model.with_view(|view| differs(view, &differing, known)).unwrap_or_default();
                    view! { <span class="row-note" data-notice="differing">{words}</span> }
                }).collect_view()}
                {(held < known).then(|| view! { <progress max=known.to_string() value=held.to_string() aria-label="Entries that are here"></progress> })}
            </span>
        </div>
    }
}
