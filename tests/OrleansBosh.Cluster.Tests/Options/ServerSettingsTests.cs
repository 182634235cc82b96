using System.Net;
using Microsoft.Extensions.Configuration;
using OrleansBosh.Server.Options;

namespace OrleansBosh.Cluster.Tests.Options;

public class ServerSettingsTests
{
    [Fact]
    public void Without_configuration_a_node_serves_localhost_on_loopback_by_both_protocols()
    {
        var settings = Read();
        var address = Assert.Single(settings.Listen);
        Assert.Equal([IPAddress.Loopback, IPAddress.IPv6Loopback], address.Addresses);
        Assert.Equal(5280, address.Port);
        Assert.Equal("localhost", settings.Domain.Domain);
        Assert.Equal(["/http-bind", "/bosh"], settings.FrontEnd.Paths);
        Assert.True(settings.IsTrial);
    }

    [Fact]
    public void The_trial_opens_what_else_must_be_asked_for()
    {
        var domain = Read().Domain;
        Assert.True(domain.AllowAnonymous && domain.AllowPlainWithoutTls && domain.AllowRegistration);
    }

    [Theory]
    [InlineData("Bosh:Domain", "example.com")]
    [InlineData("Bosh:Urls", "http://*:5280")]
    [InlineData("Bosh:Urls", "http://192.0.2.1:5280")]
    [InlineData("Bosh:Urls", "http://localhost:5280;http://192.0.2.1:5280")]
    [InlineData("Bosh:PublicUrl", "https://chat.example.com/http-bind")]
    public void Another_domain_or_address_opens_nothing_by_itself(string option, string value)
    {
        var settings = Read((option, value));
        Assert.False(settings.IsTrial);
        Assert.False(settings.Domain.AllowAnonymous || settings.Domain.AllowPlainWithoutTls || settings.Domain.AllowRegistration);
    }

    [Fact]
    public void What_the_trial_opens_can_be_opened_and_closed_explicitly()
    {
        Assert.True(Read(("Bosh:Domain", "example.com"), ("Bosh:AllowAnonymous", "true")).Domain.AllowAnonymous);
        Assert.False(Read(("Bosh:AllowRegistration", "false")).Domain.AllowRegistration);
    }

    [Theory]
    [InlineData("Bosh:MaxWait", "00:06:00", "Bosh:MaxWait is '00:06:00'; it must be from 00:00:01 to 00:05:00.")]
    [InlineData("Bosh:MaxWait", "60", "Bosh:MaxWait is '60.00:00:00'; it must be from 00:00:01 to 00:05:00.")]
    [InlineData("Bosh:MaxHold", "11", "Bosh:MaxHold is '11'; it must be from 0 to 10.")]
    [InlineData("Bosh:Domain", "a b", "Bosh:Domain is 'a b'; it must be a domain name like example.com.")]
    [InlineData("Bosh:Path", "http-bind", "Bosh:Path is 'http-bind'; it must be a path like /http-bind.")]
    [InlineData("Bosh:PublicUrl", "t1.example.com", "Bosh:PublicUrl is 't1.example.com'; it must be an absolute http or https URL like https://t1.example.com:5443/http-bind.")]
    [InlineData("Bosh:PublicUrl", "https://t1.example.com:5443", "Bosh:PublicUrl is 'https://t1.example.com:5443'; it must be an absolute http or https URL like https://t1.example.com:5443/http-bind.")]
    [InlineData("Bosh:PublicUrl", "https://t1.example.com/http-bind?x", "Bosh:PublicUrl is 'https://t1.example.com/http-bind?x'; it must be an absolute http or https URL like https://t1.example.com:5443/http-bind.")]
    [InlineData("Bosh:PublicUrl", "https://t1.example.com/http-bind#x", "Bosh:PublicUrl is 'https://t1.example.com/http-bind#x'; it must be an absolute http or https URL like https://t1.example.com:5443/http-bind.")]
    [InlineData("Bosh:PublicUrl", "https://me@t1.example.com/http-bind", "Bosh:PublicUrl is 'https://me@t1.example.com/http-bind'; it must be an absolute http or https URL like https://t1.example.com:5443/http-bind.")]
    [InlineData("Bosh:Path", "/Server-Info/", "Bosh:Path is '/Server-Info/'; it must not be one of /server-info, /nodes, /health/live, /health/ready.")]
    [InlineData("Bosh:PollingInactivity", "00:00:05", "Bosh:PollingInactivity is '00:00:05'; it must be above Bosh:Polling, which is 00:00:05.")]
    public void A_wrong_value_is_refused_with_property_value_and_range(string option, string value, string message) =>
        Assert.Equal(message, Assert.Throws<OptionsException>(() => Read((option, value))).Message);

    [Fact]
    public void Registration_outside_the_trial_needs_passwords_in_the_clear_to_be_allowed() =>
        Assert.Equal(
            "Bosh:AllowRegistration is 'true'; it needs https, or Bosh:AllowPlainWithoutTls: a registration carries a password in the clear.",
            Assert.Throws<OptionsException>(() => Read(("Bosh:Domain", "example.com"), ("Bosh:AllowRegistration", "true"))).Message);

    [Fact]
    public void The_alias_is_not_served_twice() => Assert.Equal(["/Bosh"], Read(("Bosh:Path", "/Bosh/")).FrontEnd.Paths);

    [Theory]
    [InlineData("ftp://localhost:5280")]
    [InlineData("localhost:5280")]
    [InlineData("http://name.example:5280")]
    [InlineData("http://localhost:5280/path")]
    [InlineData("")]
    public void A_wrong_address_is_refused(string urls) =>
        Assert.StartsWith("Bosh:Urls is", Assert.Throws<OptionsException>(() => Read(("Bosh:Urls", urls))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("Bosh:MaxWait", "soon", "Bosh:MaxWait is 'soon'; it must be from 00:00:01 to 00:05:00.")]
    [InlineData("Bosh:MaxHold", "two", "Bosh:MaxHold is 'two'; it must be from 0 to 10.")]
    [InlineData("Bosh:AllowAnonymous", "yes", "Bosh:AllowAnonymous is 'yes'; it must be true or false.")]
    [InlineData("Bosh:MaxWiat", "00:00:30", "Bosh:MaxWiat is no option; README.md lists them all.")]
    public void A_value_of_the_wrong_type_and_a_misspelt_option_are_refused(string option, string value, string message) =>
        Assert.Equal(message, Assert.Throws<OptionsException>(() => Read((option, value))).Message);

    [Fact]
    public void The_public_url_gives_the_host_to_advertise() =>
        Assert.Equal("t1.example.com", Read(("Bosh:PublicUrl", "https://t1.example.com:5443/http-bind")).Node.PublicHost);

    [Fact]
    public void A_database_makes_a_node_a_cluster_node_reached_by_the_others_where_it_listens()
    {
        var cluster = Read([.. ClusterNode]).Cluster!;
        Assert.Equal(("127.0.0.2:11111", "orleans-bosh"), (cluster.SiloEndpoint.ToString(), cluster.ClusterId));
        Assert.Equal("127.0.0.2:11112", Read([.. ClusterNode, ("Bosh:SiloAddress", "127.0.0.2:11112")]).Cluster!.SiloEndpoint.ToString());
        Assert.Equal("10.0.0.5:11111", Read([.. ClusterNode, ("Bosh:SiloAddress", "10.0.0.5")]).Cluster!.SiloEndpoint.ToString());
        Assert.Null(Read().Cluster);
    }

    [Theory]
    [InlineData("Bosh:PublicUrl", "", "Bosh:PublicUrl is ''; it must be set in a cluster: it is how clients are sent to this node, like http://t1.example.com:5280/http-bind.")]
    [InlineData("Bosh:SiloAddress", "0.0.0.0:11111", "Bosh:SiloAddress is '0.0.0.0:11111'; it must be an IP address of this machine that the other nodes reach, with or without port, like 10.0.0.5:11111.")]
    [InlineData("Bosh:SiloAddress", "db.example.com", "Bosh:SiloAddress is 'db.example.com'; it must be an IP address of this machine that the other nodes reach, with or without port, like 10.0.0.5:11111.")]
    [InlineData("Bosh:Database", "Database=bosh;Password=secret", "Bosh:Database names no Host; it must be like Host=db.example.com;Database=bosh;Username=bosh;Password=….")]
    public void A_cluster_node_that_cannot_be_reached_is_refused(string option, string value, string message) =>
        Assert.Equal(message, Assert.Throws<OptionsException>(() => Read([.. ClusterNode, (option, value)])).Message);

    [Theory]
    [InlineData("Host=db;Pasword=secret")]
    [InlineData("Host=db;Port=secret")]
    [InlineData("Host=db;Password=with;secret=in it")]
    [InlineData("secret")]
    public void A_wrong_connection_string_is_refused_without_being_shown(string value)
    {
        var message = Assert.Throws<OptionsException>(() => Read([.. ClusterNode, ("Bosh:Database", value)])).Message;
        Assert.StartsWith("Bosh:Database is no connection string", message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", message, StringComparison.Ordinal);
    }

    private static readonly (string, string)[] ClusterNode =
    [
        ("Bosh:Database", "Host=db;Database=bosh"),
        ("Bosh:Urls", "http://127.0.0.2:5280"),
        ("Bosh:PublicUrl", "http://127.0.0.2:5280/http-bind"),
    ];

    private static ServerSettings Read(params (string Option, string Value)[] values) => ServerSettings.Read(
        new ConfigurationBuilder().AddInMemoryCollection(values.GroupBy(pair => pair.Option).Select(pairs => KeyValuePair.Create(pairs.Key, (string?)pairs.Last().Value))).Build());
}
