//! A text in Markdown as a bounded tree: no more than so many nodes, no deeper than so many levels.
//!
//! What is too much becomes plain text; what is HTML is shown as the text it is; pictures from
//! elsewhere become links to them, because loading one tells its host who reads, and when.

use std::fmt::Write as _;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// The most nodes of one text.
const NODES: usize = 2_000;
/// The deepest nesting that is still drawn as nesting.
const DEPTH: usize = 12;
/// The longest address that is linked.
const ADDRESS_BYTES: usize = 2_048;

/// A paragraph or something of its rank.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Block {
    Code(String),
    Heading(u8, Vec<Inline>),
    List { start: Option<u64>, items: Vec<Vec<Self>> },
    Paragraph(Vec<Inline>),
    Quote(Vec<Self>),
    Rule,
}

/// Something within a line.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Inline {
    Break,
    Code(String),
    Emphasis(Vec<Self>),
    Link { target: Target, content: Vec<Self> },
    Strike(Vec<Self>),
    Strong(Vec<Self>),
    Text(String),
}

/// Where a link leads.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Target {
    /// An invite: its code.
    Invite(String),
    /// A page of the web.
    Web {
        /// The address, beginning with `https://`.
        address: String,
        /// Its host, where the link's words do not show it.
        host: Option<String>,
    },
}

/// Something that is being read and is not closed yet.
enum Open {
    Code(String),
    Heading(u8, Vec<Inline>),
    Inline(Wrap, Vec<Inline>),
    Item(Vec<Block>),
    List(Option<u64>, Vec<Vec<Block>>),
    Paragraph(Vec<Inline>),
    Quote(Vec<Block>),
}

/// What an open piece of a line will become.
enum Wrap {
    Emphasis,
    Image(String),
    Link(String),
    Strike,
    Strong,
}

/// Reads a text.
pub(super) fn parse(text: &str) -> Vec<Block> {
    let mut reader = Reader { done: Vec::new(), open: Vec::new(), skipped: 0, nodes: 0 };
    for event in Parser::new_ext(text, Options::ENABLE_STRIKETHROUGH) {
        reader.take(event);
    }
    while !reader.open.is_empty() {
        reader.close();
    }
    reader.done
}

/// The text without its marks, for titles and lists: at most so many characters.
pub(crate) fn plain(text: &str, characters: usize) -> String {
    let mut plain = String::new();
    for event in Parser::new_ext(text, Options::ENABLE_STRIKETHROUGH) {
        match event {
            Event::Text(piece)
            | Event::Code(piece)
            | Event::Html(piece)
            | Event::InlineHtml(piece) => {
                plain.push_str(&piece);
            }
            Event::SoftBreak | Event::HardBreak | Event::End(_) => plain.push(' '),
            _ => (),
        }
        if plain.len() > characters.saturating_mul(4) {
            break;
        }
    }
    let words = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.chars().count() <= characters {
        return words;
    }
    let mut short: String = words.chars().take(characters).collect();
    short.push('…');
    short
}

struct Reader {
    done: Vec<Block>,
    open: Vec<Open>,
    /// Beginnings that were passed over because they lie too deep.
    skipped: usize,
    nodes: usize,
}

impl Reader {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(&tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => self.text(&text),
            Event::Code(text) => self.inline(Inline::Code(text.into_string())),
            Event::SoftBreak => self.text("\n"),
            Event::HardBreak => self.inline(Inline::Break),
            Event::Rule => self.block(Block::Rule),
            // Not switched on.
            Event::FootnoteReference(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::TaskListMarker(_) => (),
        }
    }

    /// Whether there is room for one more node.
    fn count(&mut self) -> bool {
        self.nodes = self.nodes.saturating_add(1);
        self.nodes <= NODES
    }

    fn start(&mut self, tag: &Tag<'_>) {
        let open = match tag {
            Tag::Paragraph | Tag::HtmlBlock => Open::Paragraph(Vec::new()),
            Tag::Heading { level, .. } => Open::Heading(*level as u8, Vec::new()),
            Tag::BlockQuote(_) => Open::Quote(Vec::new()),
            Tag::CodeBlock(CodeBlockKind::Fenced(_) | CodeBlockKind::Indented) => {
                Open::Code(String::new())
            }
            Tag::List(start) => Open::List(*start, Vec::new()),
            Tag::Item => Open::Item(Vec::new()),
            Tag::Emphasis => Open::Inline(Wrap::Emphasis, Vec::new()),
            Tag::Strong => Open::Inline(Wrap::Strong, Vec::new()),
            Tag::Strikethrough => Open::Inline(Wrap::Strike, Vec::new()),
            Tag::Link { dest_url, .. } => {
                Open::Inline(Wrap::Link(dest_url.to_string()), Vec::new())
            }
            Tag::Image { dest_url, .. } => {
                Open::Inline(Wrap::Image(dest_url.to_string()), Vec::new())
            }
            // Not switched on.
            _ => return,
        };
        if self.open.len() >= DEPTH || !self.count() {
            self.skipped = self.skipped.saturating_add(1);
        } else {
            self.open.push(open);
        }
    }

    fn end(&mut self, tag: TagEnd) {
        let known = matches!(
            tag,
            TagEnd::Paragraph
                | TagEnd::HtmlBlock
                | TagEnd::Heading(_)
                | TagEnd::BlockQuote(_)
                | TagEnd::CodeBlock
                | TagEnd::List(_)
                | TagEnd::Item
                | TagEnd::Emphasis
                | TagEnd::Strong
                | TagEnd::Strikethrough
                | TagEnd::Link
                | TagEnd::Image
        );
        if !known {
            return;
        }
        if self.skipped > 0 {
            self.skipped -= 1;
            // Two paragraphs that lie too deep must not run into one another.
            self.text("\n");
        } else {
            self.close();
        }
    }

    fn close(&mut self) {
        match self.open.pop() {
            Some(Open::Code(text)) => self.block(Block::Code(text)),
            Some(Open::Heading(level, content)) => self.block(Block::Heading(level, content)),
            Some(Open::Inline(wrap, content)) => {
                for inline in wrapped(wrap, content) {
                    self.inline(inline);
                }
            }
            Some(Open::Item(blocks)) => match self.open.last_mut() {
                Some(Open::List(_, items)) => items.push(blocks),
                _ => blocks.into_iter().for_each(|block| self.block(block)),
            },
            Some(Open::List(start, items)) => self.block(Block::List { start, items }),
            Some(Open::Paragraph(content)) => self.block(Block::Paragraph(content)),
            Some(Open::Quote(blocks)) => self.block(Block::Quote(blocks)),
            None => (),
        }
    }

    fn block(&mut self, block: Block) {
        match self.open.last_mut() {
            Some(Open::Quote(blocks) | Open::Item(blocks)) => blocks.push(block),
            // Only what is closed out of order by the bounds comes here.
            Some(_) | None => self.done.push(block),
        }
    }

    fn text(&mut self, text: &str) {
        if let Some(Open::Code(code)) = self.open.last_mut() {
            code.push_str(text);
            return;
        }
        let linked = self
            .open
            .iter()
            .any(|open| matches!(open, Open::Inline(Wrap::Link(_) | Wrap::Image(_), _)));
        if linked || self.nodes >= NODES {
            self.inline(Inline::Text(text.to_owned()));
        } else {
            for inline in linkified(text) {
                self.inline(inline);
            }
        }
    }

    fn inline(&mut self, inline: Inline) {
        match self.open.last_mut() {
            Some(Open::Code(code)) => {
                if let Inline::Text(text) | Inline::Code(text) = inline {
                    code.push_str(&text);
                }
            }
            Some(
                Open::Heading(_, content) | Open::Inline(_, content) | Open::Paragraph(content),
            ) => push(content, inline),
            // The items of a tight list have no paragraph of their own.
            Some(Open::Item(blocks) | Open::Quote(blocks)) => loose(blocks, inline),
            Some(Open::List(..)) | None => loose(&mut self.done, inline),
        }
    }
}

/// Adds to the paragraph at the end, or begins one.
fn loose(blocks: &mut Vec<Block>, inline: Inline) {
    if let Some(Block::Paragraph(content)) = blocks.last_mut() {
        push(content, inline);
    } else {
        blocks.push(Block::Paragraph(vec![inline]));
    }
}

/// Adds a piece; neighbouring texts become one, so that the page gets few nodes.
fn push(content: &mut Vec<Inline>, inline: Inline) {
    if let (Some(Inline::Text(before)), Inline::Text(text)) = (content.last_mut(), &inline) {
        before.push_str(text);
    } else {
        content.push(inline);
    }
}

fn wrapped(wrap: Wrap, mut content: Vec<Inline>) -> Vec<Inline> {
    match wrap {
        Wrap::Emphasis => vec![Inline::Emphasis(content)],
        Wrap::Strike => vec![Inline::Strike(content)],
        Wrap::Strong => vec![Inline::Strong(content)],
        Wrap::Image(address) => {
            if content.is_empty() {
                content.push(Inline::Text(address.clone()));
            }
            content.insert(0, Inline::Text("picture: ".to_owned()));
            link(&address, content)
        }
        Wrap::Link(address) => link(&address, content),
    }
}

/// A link where the address may be one; otherwise its words and, in brackets, where it wanted to go.
fn link(address: &str, mut content: Vec<Inline>) -> Vec<Inline> {
    let words = words_of(&content);
    if let Some(target) = target(address, &words) {
        return vec![Inline::Link { target, content }];
    }
    if !address.is_empty() && !words.contains(address) {
        let mut shown = String::from(" (");
        // Writing to a string cannot fail.
        write!(shown, "{address})").unwrap_or_default();
        push(&mut content, Inline::Text(shown));
    }
    content
}

/// The words of some content, without marks.
fn words_of(content: &[Inline]) -> String {
    content
        .iter()
        .map(|inline| match inline {
            Inline::Break => " ".to_owned(),
            Inline::Code(text) | Inline::Text(text) => text.clone(),
            Inline::Emphasis(content)
            | Inline::Link { content, .. }
            | Inline::Strike(content)
            | Inline::Strong(content) => words_of(content),
        })
        .collect()
}

/// Only `https:` and our own codes are ever linked.
fn target(address: &str, words: &str) -> Option<Target> {
    let harmless = |character: char| !character.is_whitespace() && !character.is_control();
    if address.len() > ADDRESS_BYTES || !address.chars().all(harmless) {
        return None;
    }
    if let Some(code) = address.strip_prefix("effigy:") {
        let proper = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        return (!code.is_empty() && code.bytes().all(proper))
            .then(|| Target::Invite(code.to_owned()));
    }
    let rest = address.strip_prefix("https://")?;
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    // "https://bank.example@evil.example" leads to evil.example.
    let host = authority.rsplit('@').next().unwrap_or_default();
    if host.is_empty() {
        return None;
    }
    let shown = words.trim_start_matches("https://").starts_with(authority);
    let host = (!shown || authority.contains('@')).then(|| host.to_owned());
    Some(Target::Web { address: address.to_owned(), host })
}

/// Bare addresses become links.
fn linkified(text: &str) -> Vec<Inline> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("https://") {
        let (before, from) = rest.split_at(at);
        let end = from
            .find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '`'))
            .unwrap_or(from.len());
        let (address, _) = from.split_at(end);
        // What ends a sentence does not belong to the address.
        let address = address.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '\'']);
        if !before.is_empty() {
            pieces.push(Inline::Text(before.to_owned()));
        }
        let content = vec![Inline::Text(address.to_owned())];
        match target(address, address) {
            Some(target) => pieces.push(Inline::Link { target, content }),
            None => pieces.extend(content),
        }
        // At least the scheme itself was passed, so this ends.
        let passed = address.len().max("https://".len());
        rest = from.get(passed..).unwrap_or_default();
        if pieces.len() > NODES {
            break;
        }
    }
    if !rest.is_empty() {
        pieces.push(Inline::Text(rest.to_owned()));
    }
    pieces
}

#[cfg(test)]
mod tests;
