using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace OrleansBosh.Interop.Tests;

/// <summary>The page at <c>/</c> with Converse.js, as people use it.</summary>
public sealed class ChatPageTests(BrowserChat chat) : IClassFixture<BrowserChat>
{
    [Fact]
    [Trait("Rule", "P-NEG-03")]
    [Trait("Rule", "P-NEG-07")]
    [Trait("Rule", "P-RT-07")]
    public async Task Two_people_register_add_each_other_and_talk_both_ways()
    {
        await using var juliet = await chat.OpenAsync();
        await using var romeo = await chat.OpenAsync(colors: ColorScheme.Dark);
        await juliet.RegisterAsync("juliet", "balcony");
        await romeo.RegisterAsync("romeo", "poison");
        await juliet.ExpectViewAsync("chat");
        await romeo.ExpectViewAsync("chat");

        await juliet.AddAsync("romeo");
        await Expect(romeo.Page.Locator(".request-address")).ToHaveTextAsync("juliet@localhost");
        await romeo.Page.ClickAsync(".request-accept");

        // Each sees the other online, which takes a subscription in both directions.
        await Expect(Online(juliet, "romeo@localhost")).ToBeVisibleAsync();
        await Expect(Online(romeo, "juliet@localhost")).ToBeVisibleAsync();

        await juliet.SayAsync("O Romeo, Romeo!");
        await romeo.ExpectChatAsync("O Romeo, Romeo!");
        await romeo.SayAsync("Shall I hear more?");
        await juliet.ExpectChatAsync("O Romeo, Romeo!", "Shall I hear more?");
        await juliet.SayAsync("Good <night> & 😀");
        await romeo.ExpectChatAsync("O Romeo, Romeo!", "Shall I hear more?", "Good <night> & 😀");

        await Expect(juliet.Page.Locator("#node-name")).ToHaveTextAsync("127.0.0.1");
        await Expect(juliet.Page.Locator("body")).ToHaveAttributeAsync("data-link", "up");
        await juliet.PictureAsync("chat-juliet");
        await romeo.PictureAsync("chat-romeo");
    }

    [Fact]
    [Trait("Rule", "P-RT-13")]
    public async Task A_reload_goes_on_with_the_same_session()
    {
        await using var benvolio = await chat.OpenAsync();
        await benvolio.RegisterAsync("benvolio", "peace");
        await benvolio.ExpectViewAsync("chat");
        await benvolio.Page.ReloadAsync();
        await benvolio.ExpectViewAsync("chat");
        Assert.Equal("benvolio@localhost", await benvolio.OwnAddressAsync());

        // Every request of Converse goes through orleans-bosh-client, which uses fetch; Strophe by itself does not.
        var ways = await benvolio.Page.EvaluateAsync<string[]>(
            "[...new Set(performance.getEntriesByType('resource').filter((e) => e.name.endsWith('/http-bind')).map((e) => e.initiatorType))]");
        Assert.Equal(["fetch"], ways);
    }

    [Fact]
    public async Task A_guest_talks_to_a_guest()
    {
        await using var first = await chat.OpenAsync();
        await using var second = await chat.OpenAsync(width: 390, height: 780);
        await first.JoinAsGuestAsync();
        await second.JoinAsGuestAsync();

        await first.AddAsync(await second.OwnAddressAsync());
        await first.SayAsync("Who is there?");
        await second.Page.Locator(".roster-contacts .open-chat").First.ClickAsync();
        await second.ExpectChatAsync("Who is there?");
        await second.SayAsync("A guest, like you.");
        await first.ExpectChatAsync("Who is there?", "A guest, like you.");
        await second.PictureAsync("chat-guest-phone");

        await second.Page.ClickAsync("#leave");
        await second.ExpectViewAsync("welcome");
        await Expect(second.Problem).ToBeHiddenAsync();
    }

    [Fact]
    public async Task A_wrong_password_is_said_and_the_right_one_still_works()
    {
        await using var tybalt = await chat.OpenAsync();
        await tybalt.RegisterAsync("tybalt", "king of cats");
        await tybalt.ExpectViewAsync("chat");
        await tybalt.Page.ClickAsync("#leave");

        await tybalt.LogInAsync("tybalt", "king of dogs");
        await Expect(tybalt.Problem).ToHaveTextAsync("Name or password is wrong. Please try again.");
        await tybalt.PictureAsync("wrong-password");

        await tybalt.LogInAsync("tybalt", "king of cats");
        await tybalt.ExpectViewAsync("chat");
    }

    [Fact]
    public async Task A_taken_name_is_said()
    {
        await using var first = await chat.OpenAsync();
        await using var second = await chat.OpenAsync();
        await first.RegisterAsync("mercutio", "queen mab");
        await first.ExpectViewAsync("chat");
        await second.RegisterAsync("mercutio", "another");
        await Expect(second.Problem).ToHaveTextAsync("This name is taken. Please choose another one.");
    }

    private static ILocator Online(Visitor visitor, string address) =>
        visitor.Page.Locator(".roster-contacts .contact-name--online", new() { HasText = address });
}
