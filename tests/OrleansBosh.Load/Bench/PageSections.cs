namespace OrleansBosh.Load.Bench;

/// <summary>A Markdown page in sections of the second level, so that a command can renew its own and leave the others alone.</summary>
internal sealed class PageSections
{
    private const string Mark = "## ";

    private readonly List<(string Title, string Text)> _sections;

    private PageSections(List<(string Title, string Text)> sections) => _sections = sections;

    /// <summary>What stands before the first section has an empty title.</summary>
    public static PageSections Parse(string text)
    {
        var sections = new List<(string Title, string Text)> { ("", "") };
        foreach (var line in text.Split('\n'))
        {
            if (line.StartsWith(Mark, StringComparison.Ordinal)) sections.Add((line[Mark.Length..].Trim(), ""));
            else sections[^1] = (sections[^1].Title, $"{sections[^1].Text}{line}\n");
        }

        return new([.. sections.Select(section => (section.Title, section.Text.Trim('\n')))]);
    }

    /// <summary>Null: there is no such section.</summary>
    public string? this[string title] => _sections.Where(section => section.Title == title).Select(section => section.Text).FirstOrDefault();

    /// <summary>With this section renewed in its place, or at the end.</summary>
    public PageSections With((string Title, string Text) section)
    {
        var index = _sections.FindIndex(own => own.Title == section.Title);
        return index < 0 ? new([.. _sections, section]) : new([.. _sections[..index], section, .. _sections[(index + 1)..]]);
    }

    /// <summary>With the sections of another page that this one lacks at the end.</summary>
    public PageSections WithOthersOf(PageSections other) => new([.. _sections, .. other._sections.Where(section => this[section.Title] is null)]);

    /// <summary>Without the sections that say nothing.</summary>
    public override string ToString() => string.Join(
        "\n\n", _sections.Where(section => section.Text.Length > 0).Select(section => section.Title.Length == 0 ? section.Text : $"{Mark}{section.Title}\n\n{section.Text}")) + "\n";
}
