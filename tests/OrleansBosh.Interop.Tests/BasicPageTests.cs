using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace OrleansBosh.Interop.Tests;

/// <summary>The small page that a node serves when Converse.js was not restored.</summary>
public sealed class BasicPageTests(BrowserChat chat) : IClassFixture<BrowserChat>
{
    [Fact]
    public async Task Two_guests_talk()
    {
        await using var first = await chat.OpenAsync("basic.html", width: 900, height: 560);
        await using var second = await chat.OpenAsync("basic.html", width: 900, height: 560);
        await first.Page.ClickAsync("#guest");
        await second.Page.ClickAsync("#guest");
        await Expect(second.Page.Locator("#chat")).ToBeVisibleAsync();

        await AddAsync(first, await second.OwnAddressAsync());
        await SayAsync(first, "one");
        await SayAsync(first, "two <b> & more");
        await Expect(Lines(second)).ToHaveTextAsync(["one", "two <b> & more"]);
        await SayAsync(second, "three");
        await Expect(Lines(first)).ToHaveTextAsync(["one", "two <b> & more", "three"]);
        await first.PictureAsync("basic-page");
    }

    [Fact]
    public async Task Two_people_register_see_each_other_come_and_go_and_log_in_again()
    {
        await using var nurse = await chat.OpenAsync("basic.html");
        await using var friar = await chat.OpenAsync("basic.html");
        await EnterAsync(nurse, "nurse", "aqua vitae", "#register");
        await EnterAsync(friar, "friar", "hérbs", "#register");
        await Expect(nurse.Page.Locator("#chat")).ToBeVisibleAsync();
        await Expect(friar.Page.Locator("#chat")).ToBeVisibleAsync();

        await AddAsync(nurse, "friar");
        await friar.Page.ClickAsync(".asks button:has-text('Accept')");
        await Expect(nurse.Page.Locator(".person.online")).ToHaveTextAsync("friar@localhost");
        await Expect(friar.Page.Locator(".person.online")).ToHaveTextAsync("nurse@localhost");

        await nurse.Page.ClickAsync("#leave");
        await Expect(friar.Page.Locator(".person.online")).ToHaveCountAsync(0);

        await EnterAsync(nurse, "nurse", "water", "[value=login]");
        await Expect(nurse.Problem).ToHaveTextAsync("Name or password is wrong. Please try again.");
        await EnterAsync(nurse, "nurse", "aqua vitae", "[value=login]");
        await Expect(nurse.Page.Locator(".person.online")).ToHaveTextAsync("friar@localhost");

        // A closed window says goodbye on its way out.
        await nurse.Page.GotoAsync("about:blank");
        await Expect(friar.Page.Locator(".person.online")).ToHaveCountAsync(0);
    }

    private static ILocator Lines(Visitor visitor) => visitor.Page.Locator("#lines li");

    private static async Task EnterAsync(Visitor visitor, string name, string password, string button)
    {
        await visitor.Page.FillAsync("[name=name]", name);
        await visitor.Page.FillAsync("[name=password]", password);
        await visitor.Page.ClickAsync(button);
    }

    private static async Task AddAsync(Visitor visitor, string address)
    {
        await visitor.Page.FillAsync("#add input", address);
        await visitor.Page.PressAsync("#add input", "Enter");
    }

    private static async Task SayAsync(Visitor visitor, string text)
    {
        await visitor.Page.FillAsync("#say input", text);
        await visitor.Page.PressAsync("#say input", "Enter");
    }
}
