//! Reads a form out of a page and posts it, as a browser without scripts does.

/// A form as it is drawn.
pub struct Form {
    /// Name and value of every field that is posted whatever button is pressed.
    fields: Vec<(String, String)>,
    /// Name and value of every button.
    pub buttons: Vec<(String, String)>,
    /// The names of all attributes and tags in it.
    pub markup: Vec<String>,
}

impl Form {
    /// What is posted when the button with this value is pressed; line ends become CRLF.
    pub fn posted(&self, press: &str) -> Vec<(String, String)> {
        let button = self.buttons.iter().find(|(_, value)| value == press);
        let crlf = |text: &str| text.replace("\r\n", "\n").replace('\n', "\r\n");
        self.fields
            .iter()
            .chain(button)
            .map(|(name, value)| (name.clone(), crlf(value)))
            .collect()
    }
}

/// One tag: its name and attributes.
struct Tag {
    name: String,
    attributes: Vec<(String, String)>,
}

impl Tag {
    fn has(&self, name: &str) -> bool {
        self.attributes.iter().any(|(n, _)| n == name)
    }

    fn get(&self, name: &str) -> String {
        let found = self.attributes.iter().find(|(n, _)| n == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    }
}

/// The form with this id.
pub fn read_form(html: &str, id: &str) -> Form {
    let start = html.find(&format!("<form id=\"{id}\"")).expect("the form");
    let end = start + html[start..].find("</form>").expect("its end");
    let mut form = Form {
        fields: Vec::new(),
        buttons: Vec::new(),
        markup: Vec::new(),
    };
    let mut rest = &html[start..end];
    let mut select = None;
    while let Some(open) = rest.find('<') {
        rest = &rest[open + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = &comment[comment.find("-->").expect("a comment's end")..];
            continue;
        }
        let (tag, after) = read_tag(rest);
        rest = after;
        form.markup.push(tag.name.clone());
        form.markup
            .extend(tag.attributes.iter().map(|(name, _)| name.clone()));
        let pair = (tag.get("name"), tag.get("value"));
        let kind = tag.get("type");
        match tag.name.as_str() {
            _ if tag.has("disabled") => {}
            "input" if kind == "checkbox" && !tag.has("checked") => {}
            "input" => {
                assert!(kind == "hidden" || !pair.1.contains('\n'), "{pair:?}");
                form.fields.push(pair);
            }
            "button" if tag.has("name") => form.buttons.push(pair),
            "select" => select = Some((tag.get("name"), None)),
            "option" => {
                if let Some((_, value)) = &mut select
                    && (value.is_none() || tag.has("selected"))
                {
                    *value = Some(tag.get("value"));
                }
            }
            "/select" => {
                let (name, value) = select.take().expect("an open select");
                form.fields.push((name, value.unwrap_or_default()));
            }
            "textarea" => {
                let end = rest.find("</textarea>").expect("a textarea's end");
                let text = &rest[..end];
                // The first line break after the tag is no part of the text.
                let text = text.strip_prefix('\n').unwrap_or(text);
                form.fields.push((pair.0, decoded(text)));
                rest = &rest[end..];
            }
            _ => {}
        }
    }
    form
}

fn read_tag(text: &str) -> (Tag, &str) {
    let name_end = text
        .find(|c: char| c.is_whitespace() || c == '>')
        .expect("a tag's name");
    let mut tag = Tag {
        name: text[..name_end].to_owned(),
        attributes: Vec::new(),
    };
    let mut rest = &text[name_end..];
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix('>') {
            return (tag, after);
        }
        let end = rest
            .find(|c: char| c.is_whitespace() || c == '>' || c == '=')
            .expect("an attribute's end");
        let name = rest[..end].to_owned();
        rest = &rest[end..];
        let mut value = String::new();
        if let Some(quoted) = rest.strip_prefix("=\"") {
            let end = quoted.find('"').expect("a closing quote");
            value = decoded(&quoted[..end]);
            rest = &quoted[end + 1..];
        }
        tag.attributes.push((name, value));
    }
}

fn decoded(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#x27;", "'")
        .replace("&amp;", "&")
}
