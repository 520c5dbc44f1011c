using System.Reflection;
using System.Xml.Linq;

namespace Primitives.Tests;

public class DocumentationTests
{
    [Theory]
    [MemberData(nameof(Package.Names), MemberType = typeof(Package))]
    public void Every_public_type_and_member_is_documented_with_its_parameters_and_result(string name)
    {
        var package = new Package(name);
        Dictionary<string, XElement> docs = Load(package);
        List<string> gaps = [];
        foreach (Type type in PublicSurface.Types(package.Assembly))
        {
            MethodInfo? invoke = PublicSurface.IsDelegate(type) ? type.GetMethod("Invoke") : null;
            Check(DocumentationId.Of(type), invoke?.GetParameters() ?? [], type.GetGenericArguments(), returns: invoke?.ReturnType);
            foreach (MemberInfo member in PublicSurface.Members(type).Where(member => !IsImplicit(member)))
            {
                ParameterInfo[] parameters = member switch
                {
                    MethodBase method => method.GetParameters(),
                    PropertyInfo property => property.GetIndexParameters(),
                    _ => [],
                };
                Type[] generics = member is MethodInfo { IsGenericMethod: true } generic ? generic.GetGenericArguments() : [];
                Type? returns = member is MethodInfo { ReturnType: var type2 } ? type2 : null;
                Check(DocumentationId.Of(member), parameters, generics, returns);
            }
        }

        Assert.True(gaps.Count == 0, string.Join('\n', gaps));

        void Check(string id, ParameterInfo[] parameters, Type[] generics, Type? returns)
        {
            if (!docs.TryGetValue(id, out XElement? doc))
            {
                gaps.Add($"{id} is not documented.");
                return;
            }

            if (doc.Element("inheritdoc") is not null)
            {
                // What is inherited was checked where it stands; only names that are new here must be said here.
                return;
            }

            Require(HasText(doc.Element("summary")), "summary");
            foreach (ParameterInfo parameter in parameters)
            {
                Require(doc.Elements("param").Any(element => Names(element, parameter.Name!)), $"param {parameter.Name}");
            }

            foreach (Type generic in generics.Where(generic => generic.IsGenericParameter))
            {
                Require(doc.Elements("typeparam").Any(element => Names(element, generic.Name)), $"typeparam {generic.Name}");
            }

            Require(returns is null || returns == typeof(void) || HasText(doc.Element("returns")), "returns");

            void Require(bool present, string what)
            {
                if (!present)
                {
                    gaps.Add($"{id} lacks <{what}>.");
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Package.Names), MemberType = typeof(Package))]
    public void Every_type_with_behaviour_states_its_thread_safety(string name)
    {
        var package = new Package(name);
        Dictionary<string, XElement> docs = Load(package);
        foreach (Type type in PublicSurface.Types(package.Assembly).Where(HasBehaviour))
        {
            string text = docs[DocumentationId.Of(type)].Value;
            Assert.True(
                text.Contains("thread", StringComparison.OrdinalIgnoreCase) || text.Contains("immutable", StringComparison.OrdinalIgnoreCase),
                $"The documentation of {type} does not say whether threads may share it.");
        }
    }

    // The constructor a class has when it declares none; the compiler asks for documentation of all others.
    private static bool IsImplicit(MemberInfo member) =>
        member is ConstructorInfo constructor
        && constructor.GetParameters().Length == 0
        && constructor.DeclaringType!.GetConstructors().Length == 1;

    private static bool HasBehaviour(Type type) =>
        type is { IsEnum: false, IsValueType: false, IsNested: false }
        && !PublicSurface.IsDelegate(type)
        && !type.IsSubclassOf(typeof(Exception))
        && type.Name.Split('`')[0] is var name
        && !name.EndsWith("Options", StringComparison.Ordinal)
        && !name.EndsWith("Extensions", StringComparison.Ordinal);

    private static Dictionary<string, XElement> Load(Package package) =>
        XDocument.Load(package.DocumentationFile).Descendants("member")
            .ToDictionary(member => member.Attribute("name")!.Value);

    private static bool HasText(XElement? element) =>
        element is not null && (element.Value.Trim().Length > 0 || element.Descendants().Any());

    private static bool Names(XElement element, string name) => element.Attribute("name")?.Value == name && HasText(element);
}
