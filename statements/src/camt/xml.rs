//! XML in small trees. Document types and entities are refused before anything could expand; nesting, texts and the size of a
//! tree are bounded.

use crate::limits::Limits;
use crate::refusal::{Reason, Refusal, shorten};
use quick_xml::events::{BytesStart, Event};

/// An element with its text and children.
#[derive(Debug, Default)]
pub(crate) struct Node {
    /// The name without prefix.
    pub name: Box<str>,
    /// The line of its start tag.
    pub line: u64,
    /// Its own text, trimmed.
    pub text: String,
    /// The attribute `Ccy`.
    pub currency: Option<Box<str>>,
    /// The elements in it.
    pub children: Vec<Node>,
}

impl Node {
    /// The first child of a name.
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| &*child.name == name)
    }

    /// All children of a name.
    pub(crate) fn all<'n>(&'n self, name: &'static str) -> impl Iterator<Item = &'n Self> {
        self.children.iter().filter(move |child| &*child.name == name)
    }

    /// Down a path of first children.
    pub(crate) fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |node, name| node.child(name))
    }

    /// The text at the end of a path, if it is not empty.
    pub(crate) fn text_at(&self, path: &[&str]) -> Option<&str> {
        self.at(path).map(|node| node.text.as_str()).filter(|text| !text.is_empty())
    }
}

/// What comes next between elements.
pub(crate) enum Step {
    /// A start tag.
    Open(Node),
    /// An empty element.
    Whole(Node),
    /// An end tag.
    Close,
    /// The end of the text.
    End,
}

/// A reader that knows its line.
pub(crate) struct Xml<'a> {
    inner: quick_xml::Reader<&'a [u8]>,
    text: &'a str,
    counted: usize,
    line: u64,
    depth: usize,
    limits: Limits,
}

impl<'a> Xml<'a> {
    pub(crate) fn new(text: &'a str, limits: &Limits) -> Self {
        let inner = quick_xml::Reader::from_str(text);
        Self { inner, text, counted: 0, line: 1, depth: 0, limits: *limits }
    }

    /// The line reached.
    fn place(&mut self) -> u64 {
        let to = usize::try_from(self.inner.buffer_position()).unwrap_or(usize::MAX).min(self.text.len());
        let passed = self.text.as_bytes().get(self.counted..to).unwrap_or_default();
        let lines = passed.iter().filter(|b| **b == b'\n').count();
        self.line = self.line.saturating_add(u64::try_from(lines).unwrap_or(u64::MAX));
        self.counted = self.counted.max(to);
        self.line
    }

    fn event(&mut self) -> Result<Event<'a>, Refusal> {
        match self.inner.read_event() {
            Ok(Event::DocType(_)) => {
                let text = "a document type is declared: entities could expand without end, and no statement needs one";
                Err(Refusal::at(self.place(), Reason::Entity, text))
            }
            Ok(event) => Ok(event),
            Err(error) => {
                let line = self.place();
                Err(Refusal::at(line, Reason::Syntax, format!("the XML is broken: {}", shorten(&error.to_string()))))
            }
        }
    }

    fn open(&mut self, start: &BytesStart<'_>, line: u64) -> Result<Node, Refusal> {
        if start.attributes_raw().len() > self.limits.field || start.name().0.len() > 256 {
            return Err(Refusal::at(line, Reason::Limit, "a tag is longer than the limit"));
        }
        let mut node = Node { name: start.local_name().as_ref().into(), line, ..Node::default() };
        for attribute in start.attributes().with_checks(false) {
            let attribute = attribute
                .map_err(|error| Refusal::at(line, Reason::Syntax, format!("an attribute is broken: {error}")))?;
            if attribute.key.0 == "Ccy" {
                node.currency = Some(attribute.value.trim().into());
            }
        }
        Ok(node)
    }

    fn deeper(&mut self, line: u64) -> Result<(), Refusal> {
        self.depth = self.depth.saturating_add(1);
        if self.depth > self.limits.depth {
            let text = format!("elements are nested more than {} deep", self.limits.depth);
            return Err(Refusal::at(line, Reason::Limit, text));
        }
        Ok(())
    }

    /// The next tag; texts between are skipped.
    pub(crate) fn step(&mut self) -> Result<Step, Refusal> {
        loop {
            let event = self.event()?;
            match event {
                Event::Start(start) => {
                    let line = self.place();
                    self.deeper(line)?;
                    return Ok(Step::Open(self.open(&start, line)?));
                }
                Event::Empty(start) => {
                    let line = self.place();
                    return Ok(Step::Whole(self.open(&start, line)?));
                }
                Event::End(_) => {
                    self.depth = self.depth.saturating_sub(1);
                    return Ok(Step::Close);
                }
                Event::Eof if self.depth > 0 => {
                    return Err(Refusal::at(self.place(), Reason::Syntax, "the XML ends before its last element does"));
                }
                Event::Eof => return Ok(Step::End),
                _ => {}
            }
        }
    }

    /// The whole element whose start tag was just read.
    pub(crate) fn whole(&mut self, root: Node) -> Result<Node, Refusal> {
        let mut open: Vec<Node> = vec![root];
        let mut elements: usize = 0;
        loop {
            let event = self.event()?;
            let Some(top) = open.last_mut() else { return Err(self.lost()) };
            match event {
                Event::Start(start) => {
                    let line = self.place();
                    self.deeper(line)?;
                    open.push(self.open(&start, line)?);
                    elements = elements.saturating_add(1);
                }
                Event::Empty(start) => {
                    let line = self.place();
                    let node = self.open(&start, line)?;
                    elements = elements.saturating_add(1);
                    if let Some(top) = open.last_mut() {
                        top.children.push(node);
                    }
                }
                Event::End(_) => {
                    self.depth = self.depth.saturating_sub(1);
                    let Some(mut done) = open.pop() else { return Err(self.lost()) };
                    done.text.truncate(done.text.trim_end().len());
                    match open.last_mut() {
                        Some(parent) => parent.children.push(done),
                        None => return Ok(done),
                    }
                }
                Event::Text(text) => push(top, &text.xml10_content(), &self.limits)?,
                Event::CData(text) => push(top, &text.xml10_content(), &self.limits)?,
                Event::GeneralRef(reference) => {
                    let line = top.line;
                    let name = reference.xml10_content();
                    let letter = match &*name {
                        "amp" => Some('&'),
                        "lt" => Some('<'),
                        "gt" => Some('>'),
                        "quot" => Some('"'),
                        "apos" => Some('\''),
                        _ => reference.resolve_char_ref().ok().flatten(),
                    };
                    let Some(letter) = letter else {
                        let text = format!("the entity `&{};` is not one of the five of XML", shorten(&name));
                        return Err(Refusal::at(line, Reason::Entity, text));
                    };
                    top.text.push(letter);
                }
                Event::Eof => {
                    return Err(Refusal::at(self.place(), Reason::Syntax, "the XML ends before its last element does"));
                }
                _ => {}
            }
            if elements > self.limits.elements {
                let text = format!("an entry has more than {} elements", self.limits.elements);
                return Err(Refusal::at(self.place(), Reason::Limit, text));
            }
        }
    }

    fn lost(&mut self) -> Refusal {
        Refusal::at(self.place(), Reason::Syntax, "an element is closed that was not opened")
    }
}

fn push(node: &mut Node, text: &str, limits: &Limits) -> Result<(), Refusal> {
    let text = if node.text.is_empty() { text.trim_start() } else { text };
    if node.text.len().saturating_add(text.len()) > limits.field {
        let text = format!("the element {} holds more than {} bytes", shorten(&node.name), limits.field);
        return Err(Refusal::at(node.line, Reason::Limit, text));
    }
    node.text.push_str(text);
    Ok(())
}
