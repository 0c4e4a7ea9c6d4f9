//! Markdown to views. Text becomes text nodes and nothing else: there is no HTML on the way.

mod tree;

use leptos::prelude::*;

pub(crate) use tree::plain;
use tree::{Block, Inline, Target};

/// A text in Markdown, as written by anybody.
#[component]
pub(crate) fn Markdown(#[prop(into)] text: Signal<String>) -> impl IntoView {
    let tree = Memo::new(move |_| tree::parse(&text.read()));
    view! { <div class="markdown" dir="auto">{move || blocks(&tree.read())}</div> }
}

fn blocks(blocks: &[Block]) -> Vec<AnyView> {
    blocks.iter().map(block).collect()
}

fn block(block: &Block) -> AnyView {
    match block {
        Block::Code(text) => {
            view! { <pre tabindex="0"><code>{text.clone()}</code></pre> }.into_any()
        }
        // Not <h1> to <h6>: the headings of the page are the app's.
        Block::Heading(level, content) => {
            let class = if *level <= 2 { "md-title" } else { "md-subtitle" };
            view! { <p class=class>{inlines(content)}</p> }.into_any()
        }
        Block::List { start, items } => {
            let items: Vec<_> =
                items.iter().map(|item| view! { <li>{blocks(item)}</li> }).collect();
            match start {
                Some(start) => view! { <ol start=start.to_string()>{items}</ol> }.into_any(),
                None => view! { <ul>{items}</ul> }.into_any(),
            }
        }
        Block::Paragraph(content) => view! { <p>{inlines(content)}</p> }.into_any(),
        Block::Quote(content) => view! { <blockquote>{blocks(content)}</blockquote> }.into_any(),
        Block::Rule => view! { <hr/> }.into_any(),
    }
}

fn inlines(inlines: &[Inline]) -> Vec<AnyView> {
    inlines.iter().map(inline).collect()
}

fn inline(inline: &Inline) -> AnyView {
    match inline {
        Inline::Break => view! { <br/> }.into_any(),
        Inline::Code(text) => view! { <code>{text.clone()}</code> }.into_any(),
        Inline::Emphasis(content) => view! { <em>{inlines(content)}</em> }.into_any(),
        Inline::Link { target, content } => link(target, content),
        Inline::Strike(content) => view! { <s>{inlines(content)}</s> }.into_any(),
        Inline::Strong(content) => view! { <strong>{inlines(content)}</strong> }.into_any(),
        Inline::Text(text) => text.clone().into_any(),
    }
}

fn link(target: &Target, content: &[Inline]) -> AnyView {
    match target {
        Target::Invite(code) => {
            view! { <a href=format!("#/invite/{code}")>{inlines(content)}</a> }.into_any()
        }
        Target::Web { address, host } => {
            // Where a link leads is said by the link itself, whatever its words pretend.
            let shown = host.clone().map(|host| {
                view! { <bdi class="link-host">" (" {host} ")"</bdi> }
            });
            view! {
                <a href=address.clone() title=address.clone() target="_blank" rel="noopener noreferrer nofollow">
                    {inlines(content)}{shown}
                </a>
            }
            .into_any()
        }
    }
}
